/** Files that cannot be imported at all: each is told in its own words, and leaves the database as it was. */
import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { brotliCompressSync, crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longhaul } from '../helpers/cli.ts';
import { header, makeTemplate, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

const headerHint =
  'look at the first line of the file: it must name the columns; --encoding windows-1252 reads many files that are not UTF-8';
const wrongFile = 'see whether this is the right file; its first line must name the columns';
const getAgain = {
  truncated: 'get the file again: a download or copy was cut off',
  corrupt: 'get the file again; "gzip -t FILE" tells whether a copy is whole',
  trailing: 'get the file again; it is longer than what was compressed',
};

/** Some 200 KB, so that it takes more than one read to see its end. */
const good = Buffer.from(
  header +
    Array.from({ length: 8000 }, (_, index) => `n${index % 9},s${index},text ${index * 7919}\n`).join(''),
);
const goodGzip = gzipSync(good);

test('a file that is not there', async () => {
  using shop = new Shop();
  symlinkSync('nowhere', shop.file('dangling.csv'));
  for (const name of ['missing.csv', 'dangling.csv', 'no/such/folder.csv', 'shop.db/inside.csv']) {
    await shop.expectRefused([name], {
      message: `${name}: no such file`,
      hint: 'check the path; a relative one starts at the folder in which you call longhaul',
    });
  }
});

test('a file that may not be read', async ({ skip }) => {
  const nobody = 65534;
  if (process.getuid?.() !== 0)
    return skip('only root can start a command as somebody who may not read a file');
  const { status } = await longhaul(['--version'], { uid: nobody });
  if (status !== 0) return skip('another user cannot run this checkout: it is below a private folder');
  using shop = new Shop();
  chmodSync(shop.write('secret.csv', good), 0);
  for (const name of ['', ...shop.list()]) chownSync(shop.file(name), nobody, nobody);
  const hint = 'check the permissions of the file and of the folders above it';
  await shop.expectRefused(
    ['secret.csv'],
    { message: 'secret.csv: cannot be read (EACCES)', hint },
    { uid: nobody },
  );
  mkdirSync(shop.file('private'), { mode: 0o700 });
  shop.write('private/a.csv', good);
  await shop.expectRefused(
    ['private/a.csv'],
    { message: 'private/a.csv: cannot be read (EACCES)', hint },
    { uid: nobody },
  );
});

test('a folder, a device, a loop of links', async () => {
  using shop = new Shop();
  mkdirSync(shop.file('exports'));
  await shop.expectRefused(['exports/'], {
    message: 'exports/: is a folder, not a file',
    hint: 'name the files in it, for example exports/*.csv',
  });
  await shop.expectRefused(['/dev/null'], {
    message: '/dev/null: is neither a file nor a pipe',
    hint: 'name a file, a named pipe, or - for standard input',
  });
  symlinkSync('loop.csv', shop.file('loop.csv'));
  await shop.expectRefused(['loop.csv'], {
    message: 'loop.csv: cannot be read (ELOOP)',
    hint: 'check the permissions of the file and of the folders above it',
  });
});

test('an empty file, however it is empty', async () => {
  using shop = new Shop();
  const empty = { 'a.csv': '', 'bom.csv': '\uFEFF', 'blank.csv': '\n\r\n\n', 'a.gz': gzipSync('') };
  for (const [name, content] of Object.entries(empty)) {
    shop.write(name, content);
    await shop.expectRefused([name], {
      message: `${name}: is empty, not even a header`,
      hint: 'see whether the program that writes the file has failed or is still at work',
    });
  }
  await shop.expectRefused(['-'], {
    message: 'standard input: is empty, not even a header',
    hint: 'see whether the program that writes the file has failed or is still at work',
  });
});

test('a header that does not fit', async () => {
  using shop = new Shop();
  shop.write('nokey.csv', 'name,description,price\na,b,c\n');
  await shop.expectRefused(['nokey.csv'], {
    message: 'nokey.csv: line 1: the header has no column "sku"; it has "name", "description", "price"',
    hint: wrongFile,
  });
  shop.write('twice.csv', 'name,sku,description,sku\na,b,c,d\n');
  await shop.expectRefused(['twice.csv'], {
    message: 'twice.csv: line 1: the header names the column "sku" twice',
    hint: 'rename or remove one of the two columns',
  });
  shop.write('case.csv', 'name,SKU ,description\na,b,c\n');
  await shop.expectRefused(['case.csv'], {
    message: 'case.csv: line 1: the header has no column "sku"; it has "name", "SKU ", "description"',
    hint: 'names must be equal to the letter: rename "SKU " to "sku" in the file',
  });
  shop.write('stray.csv', 'name,"sku"x,description\na,b,c\n');
  await shop.expectRefused(['stray.csv'], {
    message: 'stray.csv: line 1: the header cannot be read: in column 2 something follows a closing quote',
    hint: headerHint,
  });
  shop.write('wide.csv', `${Array.from({ length: 23 }, (_, index) => `c${index}`).join(',')}\n`);
  await shop.expectRefused(['wide.csv'], {
    message: `wide.csv: line 1: the header has no column "name", "sku", "description"; it has ${Array.from({ length: 20 }, (_, index) => `"c${index}"`).join(', ')} and 3 more`,
    hint: wrongFile,
  });
  shop.write('unclosed.csv', 'name,"sku,description\na,b,c\n');
  await shop.expectRefused(['unclosed.csv'], {
    message:
      'unclosed.csv: line 1, byte 5: a quote opens here and is still open at the end of the file; nothing was published',
    hint: 'look at line 1: close the quote, or double it if it belongs to the text',
  });
  shop.write('long.csv', `name,sku,description${'x'.repeat(9 * 2 ** 20)}\n`);
  await shop.expectRefused(['long.csv'], {
    message: 'long.csv: line 1: the header cannot be read: it is longer than 8388608 bytes',
    hint: headerHint,
  });
});

test('the wrong delimiter, with the right one as advice', async () => {
  using shop = new Shop();
  for (const [delimiter, option] of [';;', '\ttab', '||'].map((pair) => [pair.slice(0, 1), pair.slice(1)])) {
    shop.write('other.csv', header.replaceAll(',', delimiter!));
    await shop.expectRefused(['other.csv'], {
      message: `other.csv: line 1: the header has no column "name", "sku", "description"; it has "${header.trim().replaceAll(',', delimiter === '\t' ? '�' : delimiter!)}"`,
      hint: `the columns look separated by "${option}": add --delimiter "${option}"`,
    });
    const { status } = await shop.run(['import', 'other.csv', '--delimiter', option!], {
      database: shop.file(`${option!.length}${delimiter!.charCodeAt(0)}.db`),
    });
    expect(status).toBe(0);
  }
});

test('what is no CSV', async () => {
  using shop = new Shop();
  const html = { 'a.csv': '<!DOCTYPE html>\n<html>', 'b.csv': '\uFEFF\n  <HTML lang="en">\n<p>a,b</p>' };
  for (const [name, content] of Object.entries(html)) {
    shop.write(name, content);
    await shop.expectRefused([name], {
      message: `${name}: line 1: this is a web page (HTML), not CSV`,
      hint: 'open it in a browser: it is often a login or an error page that was downloaded instead of the file',
    });
  }
  const utf16 = Buffer.from(`\uFEFF${header}a,b,c\n`, 'utf16le');
  const binary: Record<string, [Uint8Array, string]> = {
    'nobom.csv': [utf16.subarray(2), 'byte 1 is NUL'],
    'export.tar': [Buffer.from(`a.csv${'\0'.repeat(252)}ustar`), 'it is a tar archive'],
    'other.db': [Buffer.from('SQLite format 3\0\x10'), 'it is an SQLite database'],
    'program.csv': [Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\n,,\n', 'latin1'), 'byte 7 is NUL'],
  };
  for (const [name, [content, found]] of Object.entries(binary)) {
    shop.write(name, content);
    await shop.expectRefused([name], {
      message: `${name}: line 1: this is not text (${found})`,
      hint: 'export the data as CSV in UTF-8, or name its encoding if it is text: --encoding utf-16le',
    });
  }
  shop.write('latin1.csv', Buffer.from('näme,sku,description\n', 'latin1'));
  await shop.expectRefused(['latin1.csv'], {
    message:
      'latin1.csv: line 1: the header cannot be read: column 1 holds bytes that are not valid in its encoding',
    hint: headerHint,
  });
});

test('what Excel writes: its note of the delimiter, and a workbook', async () => {
  using shop = new Shop();
  shop.write('excel.csv', 'sep=;\r\nname;sku;description\r\nA;s1;x\r\n');
  await shop.expectRefused(['excel.csv', '--delimiter', ';'], {
    message: 'excel.csv: line 1: the header has no column "name", "sku", "description"; it has "sep=", ""',
    hint: 'the first line is a note for Excel: remove it, for example by tail -n +2 FILE | longhaul import - --as NAME',
  });
  // Made by Python's zipfile: the two names that every workbook has, with nothing in them.
  const workbook =
    'UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbFBLAwQUAAAAAAAAACEAAAAAAAAAAAAAAAAADwAAAHhsL3dvcmtib29rLnhtbFBLAQIUAxQAAAAAAAAAIQAAAAAAAAAAAAAAAAATAAAAAAAAAAAAAACAAQAAAABbQ29udGVudF9UeXBlc10ueG1sUEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAA8AAAAAAAAAAAAAAIABMQAAAHhsL3dvcmtib29rLnhtbFBLBQYAAAAAAgACAH4AAABeAAAAAAA=';
  shop.write('book.xlsx', Buffer.from(workbook, 'base64'));
  await shop.expectRefused(['book.xlsx'], {
    message:
      'book.xlsx: the zip archive cannot be read: it is an Office document; save the sheet as CSV instead',
    hint: 'unpack it with another program and import the plain file',
  });
});

test('other compressions, by their first bytes', async () => {
  using shop = new Shop();
  const magic: Record<string, [readonly number[], string]> = {
    bzip2: [[0x42, 0x5a, 0x68], 'bzip2 -dc'],
    xz: [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz -dc'],
  };
  for (const [format, [bytes, tool]] of Object.entries(magic)) {
    shop.write('export.csv', Buffer.from([...bytes, 0, 0, 0, 0]));
    await shop.expectRefused(['export.csv'], {
      message: `export.csv: is compressed with ${format}, which cannot be read yet`,
      hint: `decompress it first, for example through a pipe: ${tool} FILE | longhaul import - --as NAME`,
    });
  }
});

test('truncated, damaged and lengthened zstd and brotli', async () => {
  using shop = new Shop();
  for (const [format, name, whole] of [
    ['zstd', 'a.csv', zstdCompressSync(good)],
    ['brotli', 'a.csv.br', brotliCompressSync(good)],
  ] as const) {
    const { length } = whole;
    shop.write(name, whole.subarray(0, length - 1));
    await shop.expectRefused([name], {
      message: `${name}: the ${format} data ends too early, after ${length - 1} bytes; nothing was published`,
      hint: getAgain.truncated,
    });
    shop.write(name, Buffer.concat([whole, Buffer.from('\n')]));
    await shop.expectRefused([name], {
      message: `${name}: other bytes follow the end of the ${format} data; nothing was published`,
      hint: getAgain.trailing,
    });
    shop.write(name, Buffer.concat([whole.subarray(0, length >> 1), Buffer.alloc(length >> 1, 0xff)]));
    const { status, stderr } = await shop.run(['import', name]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(`the ${format} data (is damaged|ends too early)`),
    ]);
    shop.expectUntouched();
    const database = shop.file(`${format}.db`);
    shop.write(name, whole);
    expect(await shop.run(['import', name], { database })).toMatchObject({ status: 0, stderr: '' });
  }
});

test('truncated gzip, wherever it was cut off', async () => {
  using shop = new Shop();
  const { length } = goodGzip;
  for (const cut of [2, 11, length >> 1, length - 8, length - 1]) {
    shop.write('cut.csv.gz', goodGzip.subarray(0, cut));
    await shop.expectRefused(['cut.csv.gz'], {
      message: `cut.csv.gz: the gzip data ends too early, after ${cut} bytes; nothing was published`,
      hint: getAgain.truncated,
    });
  }
  shop.write('two.gz', Buffer.concat([goodGzip, goodGzip.subarray(0, 500)]));
  await shop.expectRefused(['two.gz'], {
    message: `two.gz: the gzip data ends too early, after ${length + 500} bytes; nothing was published`,
    hint: getAgain.truncated,
  });
});

test('damaged gzip: checksum, length, content', async () => {
  using shop = new Shop();
  const damaged = (at: number): Buffer => {
    const bytes = Buffer.from(goodGzip);
    bytes[at]! ^= 0x01;
    return bytes;
  };
  const { length } = goodGzip;
  for (const [at, reason, within] of [
    [length - 8, 'incorrect data check', length],
    [length - 1, 'incorrect length check', length],
    [2, 'unknown compression method', 6],
    [10, 'invalid stored block lengths', length],
  ] as const) {
    const content = damaged(at);
    if (reason === 'invalid stored block lengths') content[at] = 0x01;
    shop.write('bad.gz', content);
    await shop.expectRefused(['bad.gz'], {
      message: `bad.gz: the gzip data is damaged (${reason}) within its first ${within} bytes; nothing was published`,
      hint: getAgain.corrupt,
    });
  }
});

test('other bytes after the end of gzip', async () => {
  using shop = new Shop();
  for (const tail of ['hello', '\0'.repeat(512), '\r\n', '\n']) {
    shop.write('long.gz', Buffer.concat([goodGzip, Buffer.from(tail)]));
    await shop.expectRefused(['long.gz'], {
      message: 'long.gz: other bytes follow the end of the gzip data; nothing was published',
      hint: getAgain.trailing,
    });
  }
  shop.write('members.gz', Buffer.concat([gzipSync(good.subarray(0, 999)), gzipSync(good.subarray(999))]));
  expect(await shop.run(['import', 'members.gz'])).toMatchObject({ status: 0, stderr: '' });
});

/** Half a gigabyte of one byte as gzip of half a megabyte, made of one deflate block that is repeated. */
function bomb(start: string, byte: string, mebibytes: number): Buffer {
  const block = Buffer.alloc(2 ** 20, byte);
  let sum = crc32(start);
  for (let count = 0; count < mebibytes; count++) sum = crc32(block, sum);
  // Z_SYNC_FLUSH: the block ends at a byte and is not the last one, so that it can be repeated.
  const piece = deflateRawSync(block, { finishFlush: 2 });
  const head = deflateRawSync(start, { finishFlush: 2 });
  const end = Buffer.from([3, 0]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(sum, 0);
  trailer.writeUInt32LE((start.length + mebibytes * block.length) % 2 ** 32, 4);
  const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  return Buffer.concat([gzipHead, head, ...new Array<Buffer>(mebibytes).fill(piece), end, trailer]);
}

test('gzip bombs: refused by their ratio, or passed over in constant memory', async () => {
  using shop = new Shop();
  shop.write('zeros.gz', bomb('', '\0', 64));
  await shop.expectRefused(['zeros.gz'], {
    message: 'zeros.gz: line 1: this is not text (byte 0 is NUL)',
    hint: 'export the data as CSV in UTF-8, or name its encoding if it is text: --encoding utf-16le',
  });
  shop.write('bomb.gz', bomb(`${header}a,b,"`, 'x', 512));
  await shop.expectRefused(['bomb.gz'], {
    message:
      'bomb.gz: inflates to more than 1000 times its size, as files made to exhaust a machine do; nothing was published',
    hint: 'if the file is honest, decompress it first and import the plain file',
  });
  // Below the ratio: padded with random bytes, which nobody reads, in the header of the file.
  const gzip = bomb(`${header}a,b,"`, 'x', 512);
  const padded = Buffer.concat([gzipSync(`${header}k,k,k\n`), paddingMember(gzip.length >> 3), gzip]);
  shop.write('slow.gz', padded);
  const { stdout, status } = await shop.run(['import', 'slow.gz', '--json']);
  expect({ status, stdout: JSON.parse(stdout) as unknown }).toMatchObject({
    status: 1,
    stdout: { receipts: [{ error: { code: 'unterminated_quote' } }] },
  });
  const [receipt] = (JSON.parse(stdout) as { receipts: { peakRssBytes: number }[] }).receipts;
  expect(receipt?.peakRssBytes).toBeLessThan(300 * 2 ** 20);
  shop.expectUntouched();
});

/** An empty gzip member that is as long as one wants: its name is in its header. */
function paddingMember(bytes: number): Buffer {
  const name = Buffer.alloc(bytes, 'n');
  const head = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  return Buffer.concat([head, name, Buffer.from([0]), deflateRawSync(''), Buffer.alloc(8)]);
}

test('a quote that opens near the start of a large file and never closes', async () => {
  using shop = new Shop();
  const line = 'n,s,some text that goes on\n';
  const text = `${header}a,s0,d\nb,s1,"open\n${line.repeat((50 * 2 ** 20) / line.length)}`;
  shop.write('open.csv', text);
  await shop.expectRefused(['open.csv'], {
    message:
      'open.csv: line 3, byte 33: a quote opens here and is still open at the end of the file; nothing was published',
    hint: 'look at line 3: close the quote, or double it if it belongs to the text',
  });
});
