import { existsSync } from 'node:fs';
import { options } from '../config/options.ts';
import { openReader } from '../processes/reading.ts';
import { products } from '../schema/dataset.ts';
import { type CommandSpec, exitStatus } from './command.ts';
import { generate, samplePath, sampleText } from './generate.ts';
import { importOptions, importPaths } from './import.ts';
import { printLine, table, visible } from './terminal.ts';

const namesShown = 10;

export const demoCommand: CommandSpec = {
  name: 'demo',
  summary: 'make the sample, import it, show the most frequent names',
  description: `Makes ${samplePath} (half a million products) if it is missing, imports it, and prints the receipt and the
${namesShown} most frequent names.`,
  examples: [['longhaul demo', 'see the main job done; a second time there is nothing to do']],
  options: importOptions,
  async run(_args, given, invocation) {
    const { stdout, stderr } = invocation.terminal;
    const json = given.has('json');
    if (!existsSync(samplePath)) {
      if (!given.has('quiet')) printLine(stderr, `making ${samplePath} …`);
      const sample = await generate(
        samplePath,
        options.records.fallback,
        options.seed.fallback,
        0,
        invocation,
      );
      if (!json) printLine(stdout, `${samplePath}: ${sampleText(sample)}`);
    }
    const status = await importPaths([samplePath], given, invocation);
    if (status !== exitStatus.done || json) return status;
    await using reader = await openReader(given.value('db'));
    const counts = await reader.topCounts(products, 'name', namesShown);
    printLine(stdout, '');
    const rows = counts.map((count) => [visible(count.value, 60), count.number]);
    for (const line of table(['name', 'no_of_products'], rows)) printLine(stdout, line);
    return exitStatus.done;
  },
};
