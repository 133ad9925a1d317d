import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { ByteSet } from './byte-set.ts';
import { Spool } from './spool.ts';

const never = new AbortController().signal;
const head = { source: 's', file: 'a.csv', address: null, identity: 'v1', bytes: 12 };
const maxBytes = 1000;
const text = (value: string): Buffer => Buffer.from(value);

test('a set of bytes is what a plain set is', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(40), fc.nat(40));
  fc.assert(
    fc.property(fc.array(step), fc.nat(40), fc.nat(40), (steps, from, to) => {
      const bytes = new ByteSet();
      const plain = new Set<number>();
      for (const [isAdded, a, b] of steps) {
        if (isAdded) bytes.add(a, b);
        else bytes.remove(a, b);
        for (let at = a; at < b; at++) plain[isAdded ? 'add' : 'delete'](at);
      }
      const missing = bytes.missing(from, to).flatMap((span) => {
        expect(span.from).toBeLessThan(span.to);
        return Array.from({ length: span.to - span.from }, (_, index) => span.from + index);
      });
      expect(missing).toEqual(
        Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index).filter(
          (at) => !plain.has(at),
        ),
      );
      expect(bytes.bytes).toBe(plain.size);
    }),
  );
});

test('another process goes on with what is there and is as it was', async () => {
  using folder = new TempFolder();
  {
    const content = await (await Spool.open({ folder: folder.path, maxBytes })).begin(head);
    await using writer = await content.fill();
    await writer.write(4, text('4567'));
    await writer.write(0, text('0123'));
    await writer.write(8, text('89'));
    await writer.drop({ from: 5, to: 6 });
  }
  const [data = '', journal = ''] = folder.list();
  // What a power cut can leave: a block that is not as it was written, a line without its end.
  writeFileSync(folder.file(data), 'X123456789');
  appendFileSync(folder.file(journal), '+ 10 2');
  const spool = await Spool.open({ folder: folder.path, maxBytes });
  const content = await spool.begin(head);
  {
    await using writer = await content.fill();
    expect(writer.missing(0, 12)).toEqual([
      { from: 0, to: 4 },
      { from: 5, to: 6 },
      { from: 10, to: 12 },
    ]);
    for (const [at, part] of [
      [0, '0123'],
      [5, '5'],
      [10, 'ab'],
    ] as const)
      await writer.write(at, text(part));
    const version = await writer.hash({ from: 0, to: 12 }, never);
    await writer.finish({ version, bytes: 12, fingerprint: 'f' });
  }
  const third = await Spool.open({ folder: folder.path, maxBytes });
  expect(third.find(head)?.whole).toMatchObject({ bytes: 12, fingerprint: 'f' });
  expect(third.find({ ...head, address: 'elsewhere' })).toBeNull();
  // Whoever shortens it has not kept it whole.
  truncateSync(folder.file(data), 5);
  expect(await third.find(head)?.isThere()).toBe(false);
  expect(folder.list()).toEqual([]);
});

test('another version takes the place of what was there; what is in use stays until it is let go', async () => {
  using folder = new TempFolder();
  const spool = await Spool.open({ folder: folder.path, maxBytes });
  const first = await spool.begin(head);
  const release = first.use();
  const second = await spool.begin({ ...head, identity: 'v2' });
  expect(second).not.toBe(first);
  expect(folder.list().length).toBe(4);
  await release();
  await release();
  expect(folder.list().length).toBe(2);
  expect(await spool.begin({ ...head, identity: 'v2' })).toBe(second);
  // Of what nobody can tell it is never the same.
  const third = await spool.begin({ ...head, identity: null });
  expect(await spool.begin({ ...head, identity: null })).not.toBe(third);
});

test('its size has a limit; what is idle gives way, and what cannot be asked for again does not', async () => {
  using folder = new TempFolder();
  const spool = await Spool.open({ folder: folder.path, maxBytes });
  await spool.begin({ ...head, file: 'idle', bytes: 600 });
  const kept = await spool.begin({ ...head, file: 'kept', identity: null, bytes: 3 });
  {
    await using writer = await kept.fill();
    await writer.write(0, text('abc'));
    await writer.finish({ version: '0'.repeat(64), bytes: 3, fingerprint: null });
  }
  const busy = await spool.begin({ ...head, file: 'busy', bytes: 900 });
  const release = busy.use();
  expect(spool.usedBytes).toBe(903);
  await expect(spool.begin({ ...head, file: 'more', bytes: 98 })).rejects.toMatchObject({
    code: 'spool_full',
    message: `more: needs 98 bytes in ${folder.path}, and 97 of the 1000 that may be used there are free`,
  });
  await spool.begin({ ...head, file: 'more', bytes: 97 });
  expect(kept.whole).not.toBeNull();
  await release();
});

test('what belongs to sources that are gone is swept; who waits for a turn can stop waiting', async () => {
  using folder = new TempFolder();
  {
    const spool = await Spool.open({ folder: folder.path, maxBytes });
    await spool.begin(head);
    await spool.begin({ ...head, source: 'gone' });
    await spool.markPending('s', 'read');
    await spool.markPending('gone', 'read');
    await spool.markPending('gone', 'read');
  }
  folder.write('not-ours.txt', 'stays');
  folder.write(`${'0'.repeat(32)}-7.data`, 'nobody knows');
  const spool = await Spool.open({ folder: folder.path, maxBytes });
  expect([spool.isPending('s', 'read'), spool.isPending('gone', 'read')]).toEqual([true, true]);
  await spool.sweep(new Set(['s']));
  expect(folder.list().length).toBe(4);
  expect([spool.isPending('s', 'read'), spool.isPending('gone', 'read')]).toEqual([true, false]);
  const turn = await spool.turn('s', 'a.csv', never);
  const stopped = new AbortController();
  const waiting = spool.turn('s', 'a.csv', stopped.signal);
  const next = spool.turn('s', 'a.csv', never);
  stopped.abort(new Error('no'));
  await expect(waiting).rejects.toThrow('no');
  turn[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});

test('a folder that cannot be written to', async () => {
  using folder = new TempFolder();
  const spool = await Spool.open({ folder: folder.write('file', ''), maxBytes }).catch(
    (error: unknown) => error,
  );
  expect(spool).toMatchObject({ code: 'spool_failed', facts: { reason: 'ENOTDIR' } });
});
