/**
 * The table of cases: each one written by hand, and each one run through the reference and every path of the fast
 * code (see `scanner.test.ts`). A bug found later becomes one more line here.
 *
 * Text stands for its UTF-8 bytes, except that U+00FF stands for the byte FF, which no UTF-8 text has.
 */
import { type Dialect, defaultDialect } from './dialect.ts';

export interface Case {
  readonly name: string;
  readonly input: string;
  readonly dialect?: Partial<Dialect>;
  readonly maxRecordBytes?: number;
  /** The header's values; null: there is none. Left out: `headless`. */
  readonly header?: readonly string[] | null;
  /** One line a record: `<line> <values joined with |>`, after it `!stray` or `!oversized`. */
  readonly records?: readonly string[];
  readonly blankLines?: number;
  /** `<line>:<byte>` of the quote that is never closed. */
  readonly openQuote?: string;
  readonly headerTooLarge?: boolean;
}

const BOM = '\uFEFF';
const NUL = '\0';
const headless: Partial<Dialect> = { header: false };
const escaping: Partial<Dialect> = { escape: 0x5c };
const ab = ['a', 'b'];

// biome-ignore format: one line a case is read faster than ten
export const cases: readonly Case[] = [
  // Nothing or only a header.
  { name: 'empty file', input: '', header: null },
  { name: 'only a BOM', input: BOM, header: null },
  { name: 'only line ends', input: '\n\r\n\r', header: null },
  { name: 'a BOM and line ends', input: `${BOM}\r\n\n`, header: null },
  { name: 'only a header', input: 'a,b\n', header: ab },
  { name: 'only a header, no line end', input: 'a,b', header: ab },
  { name: 'only a header, CR', input: 'a,b\r', header: ab },
  { name: 'a header and blank lines', input: 'a,b\n\n\r\n', header: ab, blankLines: 2 },
  { name: 'one byte', input: 'a', header: ['a'] },
  { name: 'empty file without header', input: '', dialect: headless },
  { name: 'only line ends without header', input: '\n\n', dialect: headless },

  // Line ends.
  { name: 'LF', input: 'a,b\n1,2\n3,4\n', header: ab, records: ['2 1|2', '3 3|4'] },
  { name: 'CRLF', input: 'a,b\r\n1,2\r\n3,4\r\n', header: ab, records: ['2 1|2', '3 3|4'] },
  { name: 'CR', input: 'a,b\r1,2\r3,4\r', header: ab, records: ['2 1|2', '3 3|4'] },
  { name: 'mixed', input: 'a,b\r1,2\n3,4\r\n5,6', header: ab, records: ['2 1|2', '3 3|4', '4 5|6'] },
  { name: 'no final line end', input: 'a,b\n1,2', header: ab, records: ['2 1|2'] },
  { name: 'CR CR LF is two line ends', input: 'a,b\r\r\n1,2\r\r\n3,4', header: ab, records: ['3 1|2', '5 3|4'], blankLines: 2 },
  { name: 'LF CR is two line ends', input: 'a,b\n\r1,2\n\r', header: ab, records: ['3 1|2'], blankLines: 2 },
  { name: 'blank lines between', input: 'a,b\n\n1,2\n\r\n\r3,4\n\n', header: ab, records: ['3 1|2', '6 3|4'], blankLines: 4 },
  { name: 'blank lines before the header', input: '\n\r\n\ra,b\n1,2', header: ab, records: ['5 1|2'] },
  { name: 'a blank of spaces is a record', input: 'a,b\n  \n', header: ab, records: ['2   '] },
  { name: 'a line of one delimiter', input: 'a,b\n,\n', header: ab, records: ['2 |'] },

  // BOM.
  { name: 'BOM', input: `${BOM}a,b\n1,2\n`, header: ab, records: ['2 1|2'] },
  { name: 'BOM before a quote', input: `${BOM}"a",b\n1,2`, header: ab, records: ['2 1|2'] },
  { name: 'BOM, blank line, header', input: `${BOM}\na,b\n1,2`, header: ab, records: ['3 1|2'] },
  { name: 'BOM without header', input: `${BOM}1,2\n3,4`, dialect: headless, records: ['1 1|2', '2 3|4'] },
  { name: 'a second BOM is data', input: `${BOM}${BOM}a,b\n1,2`, header: [`${BOM}a`, 'b'], records: ['2 1|2'] },
  { name: 'a BOM later is data', input: `a,b\n${BOM}1,${BOM}"2"`, header: ab, records: [`2 ${BOM}1|${BOM}"2"`] },
  { name: 'a letter that begins like a BOM', input: '\uFEFE,b\n1,2', header: ['\uFEFE', 'b'], records: ['2 1|2'] },

  // One column: an empty line is a record.
  { name: 'one column', input: 'a\n1\n\n2\n', header: ['a'], records: ['2 1', '3 ', '4 2'] },
  { name: 'one column, CR CR LF', input: 'a\r1\r\r\n2', header: ['a'], records: ['2 1', '3 ', '4 2'] },
  { name: 'one column, empty line last', input: 'a\n\n', header: ['a'], records: ['2 '] },
  { name: 'one column, blank lines before', input: '\n\na\n\n1', header: ['a'], records: ['4 ', '5 1'] },
  { name: 'one column without header', input: '\n1\n\n2', dialect: headless, records: ['2 1', '3 ', '4 2'] },
  { name: 'one quoted empty name', input: '""\n\n""', header: [''], records: ['2 ', '3 '] },

  // Fields.
  { name: 'empty fields', input: 'a,b\n,\n"",""\n', header: ab, records: ['2 |', '3 |'] },
  { name: 'empty fields, no final line end', input: 'a,b\n,', header: ab, records: ['2 |'] },
  { name: 'trailing delimiter', input: 'a,b\n1,2,\n', header: ab, records: ['2 1|2|'] },
  { name: 'too few fields', input: 'a,b,c\n1\n1,2\n', header: ['a', 'b', 'c'], records: ['2 1', '3 1|2'] },
  { name: 'too many fields', input: 'a,b\n1,2,3,"4"\n5,6', header: ab, records: ['2 1|2|3|4', '3 5|6'] },
  { name: 'spaces are data', input: ' a , b \n 1 , "2"\n', header: [' a ', ' b '], records: ['2  1 | "2"'] },
  { name: 'without header', input: '1,2\n\n3,4\n', dialect: headless, records: ['1 1|2', '3 3|4'], blankLines: 1 },
  { name: 'blank lines first, without header', input: '\n\r\n1,2\n\n3,4', dialect: headless, records: ['3 1|2', '5 3|4'], blankLines: 1 },

  // Quotes.
  { name: 'quoted everywhere', input: '"a","b"\n"1","2"\n', header: ab, records: ['2 1|2'] },
  { name: 'quoted delimiter', input: 'a,b\n"1,1",2\n', header: ab, records: ['2 1,1|2'] },
  { name: 'quoted line breaks', input: 'a,b\n"1\n2\r\n3\r4",5\n6,"7\n"', header: ab, records: ['2 1\n2\r\n3\r4|5', '6 6|7\n'] },
  { name: 'quoted CR LF at the end of a field', input: 'a,b\n1,"2\r\n"\r\n3,"\r\n4"', header: ab, records: ['2 1|2\r\n', '4 3|\r\n4'] },
  { name: 'quoted CR before the quote', input: 'a,b\n1,"2\r"\n3,4', header: ab, records: ['2 1|2\r', '4 3|4'] },
  { name: 'quoted blank lines', input: 'a,b\n1,"\n\n\n"\n\n3,4', header: ab, records: ['2 1|\n\n\n', '7 3|4'], blankLines: 1 },
  { name: 'line break in the header', input: '"a\nA",b\n1,2', header: ['a\nA', 'b'], records: ['3 1|2'] },
  { name: 'doubled quote', input: 'a,b\n"1""1",2\n', header: ab, records: ['2 1"1|2'] },
  { name: 'only a doubled quote', input: 'a,b\n"""",""""""\n', header: ab, records: ['2 "|""'] },
  { name: 'doubled quotes at both ends', input: 'a,b\n"""1""","""\n"""', header: ab, records: ['2 "1"|"\n"'] },
  { name: 'JSON in a field', input: 'a,b\n1,"{""k"": [1.5, ""x""], ""e"": """"}"\r\n', header: ab, records: ['2 1|{"k": [1.5, "x"], "e": ""}'] },
  { name: 'doubled quote before a line break', input: 'a,b\n"1""\n",2\n3,4', header: ab, records: ['2 1"\n|2', '4 3|4'] },
  { name: 'quote inside an unquoted field', input: 'a,b\n5" pipe,2\n1,2"\n', header: ab, records: ['2 5" pipe|2', '3 1|2"'] },
  { name: 'unquoted doubled quotes', input: 'a,b\n1"",""\n3"""4,5', header: ab, records: ['2 1""|', '3 3"""4|5'] },
  { name: 'a quote after a space is data', input: 'a,b\n "1\n2,3', header: ab, records: ['2  "1', '3 2|3'] },
  { name: 'quoted, no final line end', input: 'a,b\n1,"2"', header: ab, records: ['2 1|2'] },
  { name: 'quotes in one column', input: 'a\n"1\n\n2"\n\n"3"', header: ['a'], records: ['2 1\n\n2', '5 ', '6 3'] },

  // A stray quote spoils its record and no other; the field is kept as it stands.
  { name: 'stray quote', input: 'a,b\n"1"x,2\n3,4', header: ab, records: ['2 "1"x|2 !stray', '3 3|4'] },
  { name: 'stray quote, last field', input: 'a,b\n1,"2" \n3,4', header: ab, records: ['2 1|"2"  !stray', '3 3|4'] },
  { name: 'stray quote at the end of the file', input: 'a,b\n1,"2"x', header: ab, records: ['2 1|"2"x !stray'] },
  { name: 'stray quote, then quotes', input: 'a,b\n"1"x"y"",2"\n3,4', header: ab, records: ['2 "1"x"y""|2" !stray', '3 3|4'] },
  { name: 'stray quote, then a quoted field', input: 'a,b\n"1"x,"2\n""2"\n3,4', header: ab, records: ['2 "1"x|2\n"2 !stray', '4 3|4'] },
  { name: 'stray after doubled quotes', input: 'a,b\n"1"""x,2', header: ab, records: ['2 "1"""x|2 !stray'] },
  { name: 'stray ends with the line', input: 'a,b\n"1"x\r\n"2",3', header: ab, records: ['2 "1"x !stray', '3 2|3'] },
  { name: 'stray in a field beyond the columns', input: 'a,b\n1,2,"3"x\n', header: ab, records: ['2 1|2|"3"x !stray'] },
  { name: 'stray after an empty quoted field', input: 'a,b\n""x,2\n', header: ab, records: ['2 ""x|2 !stray'] },

  // Bytes that are no text.
  { name: 'NUL bytes', input: `a,b\n${NUL},"${NUL}"\n${NUL}`, header: ab, records: [`2 ${NUL}|${NUL}`, `3 ${NUL}`] },
  { name: 'invalid UTF-8', input: 'a,b\n\u00ff,"\u00ff\u00ff"\n', header: ab, records: ['2 \u00ff|\u00ff\u00ff'] },
  { name: 'long letters', input: 'é,€\n😀,"é\n😀"\n', header: ['é', '€'], records: ['2 😀|é\n😀'] },
  { name: 'line separators of Unicode are data', input: 'a,b\n1\u0085,2\u2028\n', header: ab, records: ['2 1\u0085|2\u2028'] },

  // A quote that is never closed.
  { name: 'open quote, last byte', input: 'a,b\n1,"', header: ab, openQuote: '2:6' },
  { name: 'open quote in the first record', input: 'a,b\n"1,2\n3,4\n', header: ab, openQuote: '2:4' },
  { name: 'open quote after records', input: 'a,b\n1,2\r\n"3\r\n",4\r\n5,"6\r', header: ab, records: ['2 1|2', '3 3\r\n|4'], openQuote: '5:20' },
  { name: 'open quote in the header', input: '\n"a,b\n1,2', header: null, openQuote: '2:1' },
  { name: 'open quote after a BOM', input: `${BOM}"a`, header: null, openQuote: '1:3' },
  { name: 'open quote, last was doubled', input: 'a,b\n1,"2""', header: ab, openQuote: '2:6' },
  { name: 'open quote, second field of the line', input: 'a,b\n"1\n","2', header: ab, openQuote: '3:9' },

  // Records that are too long.
  { name: 'oversized first', input: 'a,b\n12345,6\n1,2\n', maxRecordBytes: 6, header: ab, records: ['2  !oversized', '3 1|2'] },
  { name: 'just not oversized', input: 'a,b\n1234,6\r\n1,2\n', maxRecordBytes: 6, header: ab, records: ['2 1234|6', '3 1|2'] },
  { name: 'oversized in the middle', input: 'a,b\n1,2\n\n123456,7\r\n\r\n3,4', maxRecordBytes: 6, header: ab, records: ['2 1|2', '4  !oversized', '6 3|4'], blankLines: 2 },
  { name: 'oversized last', input: 'a,b\n1,2\n123456,7', maxRecordBytes: 6, header: ab, records: ['2 1|2', '3  !oversized'] },
  { name: 'oversized last with line end', input: 'a,b\n1,2\n123456,7\r\n', maxRecordBytes: 6, header: ab, records: ['2 1|2', '3  !oversized'] },
  { name: 'two oversized', input: 'a,b\n123456,7\r123456,7\r1,2', maxRecordBytes: 6, header: ab, records: ['2  !oversized', '3  !oversized', '4 1|2'] },
  { name: 'oversized to its true end', input: 'a,b\n1,"\n\n,""\n3,4"\n5,6', maxRecordBytes: 6, header: ab, records: ['2  !oversized', '6 5|6'] },
  { name: 'oversized with a stray quote', input: 'a,b\n"1"23456,7\n5,6', maxRecordBytes: 6, header: ab, records: ['2  !oversized', '3 5|6'] },
  { name: 'oversized and never closed', input: 'a,b\n1,2\n1,"345678', maxRecordBytes: 6, header: ab, records: ['2 1|2'], openQuote: '3:10' },
  { name: 'oversized after the header and never closed', input: 'a,b\n1,"345678', maxRecordBytes: 6, header: ab, openQuote: '2:6' },
  { name: 'too long by a quoted CR at the end', input: 'a,b\n1,"34\r', maxRecordBytes: 5, header: ab, openQuote: '2:6' },
  { name: 'oversized first without header', input: '123456,7\n1,2\n\n3', maxRecordBytes: 6, dialect: headless, records: ['1  !oversized', '2 1|2', '4 3'], blankLines: 1 },
  { name: 'oversized after a BOM without header', input: `${BOM}\n123456,7\n1,2`, maxRecordBytes: 6, dialect: headless, records: ['2  !oversized', '3 1|2'] },
  { name: 'oversized in one column', input: 'a\n1234567\n\n1', maxRecordBytes: 6, header: ['a'], records: ['2  !oversized', '3 ', '4 1'] },
  { name: 'header as long as it may be', input: 'abcd,f\r\n1,2', maxRecordBytes: 6, header: ['abcd', 'f'], records: ['2 1|2'] },
  { name: 'header too large', input: 'abcde,f\n1,2', maxRecordBytes: 6, headerTooLarge: true },
  { name: 'header too large, unterminated', input: '"abcde\n1,2', maxRecordBytes: 6, headerTooLarge: true },
  { name: 'header too large by its blank lines', input: '\n\n\n\na,b\n1,2', maxRecordBytes: 6, headerTooLarge: true },
  { name: 'too many blank lines and no header', input: '\n\n\n\n\n\n\n', maxRecordBytes: 6, headerTooLarge: true },
  { name: 'too many blank lines without header', input: '\r\n\r\n\r\n\n1,2', maxRecordBytes: 6, dialect: headless, headerTooLarge: true },

  // Dialects.
  { name: 'semicolons', input: 'a;b\n1,1;"2;2"\n', dialect: { delimiter: 0x3b }, header: ab, records: ['2 1,1|2;2'] },
  { name: 'tabs', input: 'a\tb\n1,1\t"2\t2"\n', dialect: { delimiter: 9 }, header: ab, records: ['2 1,1|2\t2'] },
  { name: 'delimiter NUL', input: `a${NUL}b\n1${NUL}2`, dialect: { delimiter: 0 }, header: ab, records: ['2 1|2'] },
  { name: 'apostrophes', input: "a,b\n'1,''',\"2\n", dialect: { quote: 0x27 }, header: ab, records: ['2 1,\'|"2'] },
  { name: 'no quotes', input: 'a,b\n"1,2"\n"3\n4,"', dialect: { quote: null }, header: ab, records: ['2 "1|2"', '3 "3', '4 4|"'] },
  { name: 'no quotes, an escape is data', input: 'a,b\n\\,2\n', dialect: { quote: null, escape: 0x5c }, header: ab, records: ['2 \\|2'] },
  { name: 'escape', input: 'a,b\n"1\\"1","\\\\"\n', dialect: escaping, header: ab, records: ['2 1"1|\\'] },
  { name: 'escape before anything', input: 'a,b\n"\\x\\,\\é","\\\n\\\r\\\r\n"\n3,4', dialect: escaping, header: ab, records: ['2 x,é|\n\r\r\n', '6 3|4'] },
  { name: 'escape outside quotes is data', input: 'a,b\n1\\,2\\\n\\"3,4', dialect: escaping, header: ab, records: ['2 1\\|2\\', '3 \\"3|4'] },
  { name: 'with an escape a doubled quote is stray', input: 'a,b\n"1""1",2\n3,4', dialect: escaping, header: ab, records: ['2 "1""1"|2 !stray', '3 3|4'] },
  { name: 'escape as the last byte', input: 'a,b\n1,"2\\', dialect: escaping, header: ab, openQuote: '2:6' },
  { name: 'escaped quote as the last byte', input: 'a,b\n1,"2\\"', dialect: escaping, header: ab, openQuote: '2:6' },
  { name: 'escaped escape, then the end of the field', input: 'a,b\n"1\\\\",2\n', dialect: escaping, header: ab, records: ['2 1\\|2'] },
  { name: 'an escape that is the quote', input: 'a,b\n"1""1",2', dialect: { escape: 0x22 }, header: ab, records: ['2 1"1|2'] },
];

export function dialectOf(test: Case): Dialect {
  return { ...defaultDialect, ...test.dialect };
}

export function bytesOf(text: string): Uint8Array {
  const letters = Array.from(text, (letter) => (letter === '\u00ff' ? Buffer.of(0xff) : Buffer.from(letter)));
  return Uint8Array.from(Buffer.concat(letters));
}

/** The reverse of `bytesOf`. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replaceAll('\ufffd', '\u00ff');
}
