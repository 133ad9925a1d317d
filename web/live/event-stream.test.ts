import { expect, test } from 'vitest';
import { EventParser } from './event-stream.ts';

const text = [
  'event: hello\nid: a-1\ndata: {"instance":"a"}\n\n',
  ': still there\n\n',
  'event: run\r\nid: a-2\r\ndata: {"run":1,\r\ndata: "x":2}\r\n\r\n',
  'data: plain\n\n',
  'event: nothing\n\n',
].join('');

test('the same events, wherever the text is cut', () => {
  const expected = [
    { name: 'hello', data: '{"instance":"a"}', id: 'a-1' },
    { name: 'run', data: '{"run":1,\n"x":2}', id: 'a-2' },
    { name: 'message', data: 'plain', id: 'a-2' },
  ];
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new EventParser();
    expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual(expected);
  }
});

test('an event that is not complete is none yet', () => {
  const parser = new EventParser();
  expect(parser.push('event: run\ndata: 1\n')).toEqual([]);
  expect(parser.push('\n')).toEqual([{ name: 'run', data: '1', id: null }]);
});
