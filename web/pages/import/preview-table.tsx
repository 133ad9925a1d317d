import type { PreviewAnswer } from '../../../src/api/wire/imports.ts';
import { ApiProblem } from '../../../src/api/client.ts';
import { counted, numberText, words } from '../../parts/format.ts';
import { Section } from '../../parts/page.tsx';
import { Nothing, Problem } from '../../parts/states.tsx';
import { ShortValue } from '../../parts/value.tsx';
import classes from './import.module.css';

/** The first rows as they would be stored, and what would be refused among them. */
export function PreviewTable({
  preview,
  isOld,
}: {
  readonly preview: PreviewAnswer;
  readonly isOld: boolean;
}) {
  const { columns, rows, rejects, ignoredColumns, problem } = preview;
  if (problem !== null) return <Problem error={new ApiProblem(problem)} />;
  return (
    <Section title="The first rows, as they would be stored">
      {rows.length === 0 ? (
        <Nothing title="No good record among the first." />
      ) : (
        <div
          className={classes.scroll}
          data-old={isOld || undefined}
          role="region"
          aria-label="Preview"
          tabIndex={0}
        >
          <table className={classes.preview}>
            <thead>
              <tr>
                <th scope="col">line</th>
                {columns.map(({ name, type, field }) => (
                  <th key={name} scope="col">
                    <bdi>{name}</bdi>{' '}
                    <span className="soft">
                      {type}, field {field}
                    </span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ line, values }) => (
                <tr key={line}>
                  <td className="number soft">{numberText(line)}</td>
                  {columns.map(({ name }, index) => (
                    <td key={name}>
                      <ShortValue value={values[index]} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {ignoredColumns.length > 0 && (
        <p className="soft" style={{ margin: 0 }}>
          Left out: <bdi>{ignoredColumns.join(', ')}</bdi>
        </p>
      )}
      {rejects.length > 0 && (
        <div>
          <h3>{counted(rejects.length, 'record')} of the beginning would be refused</h3>
          <ul className={classes.reasons}>
            {rejects.map(({ line, code, reason }) => (
              <li key={`${line} ${code}`}>
                line {numberText(line)}: {words(code)}. <span className="soft">{reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  );
}
