import { firstNames, lastNames } from './names.ts';
import type { RandomStream } from './random.ts';
import { linkWords, openings, textWords } from './words.ts';

/*
 * The shares below are tuned to the catalogue that the sample imitates: at 500,000 records about 222,000
 * distinct names, 71.5 MB, 25.3 MB gzipped, and line breaks in somewhat under half of the descriptions.
 * sample-facts.test.ts checks them. A change here changes every sample: see the hash in blocks.test.ts.
 */

/** One name in eight is drawn from the steep tables: these make the top of the list, e.g. `Michael Smith`. */
const famousOneIn = 8;
const famousFirst = rankTable(firstNames, 3);
const famousLast = rankTable(lastNames, 3);
const usualFirst = rankTable(firstNames, 34);
const usualLast = rankTable(lastNames, 34);

const words = rankTable(textWords, 5);
const capitalWords = rankTable(textWords.map(capitalised), 5);

const maxSentences = 5;
/** With 1 to 5 sentences this leaves 46.5 % of the descriptions with at least one line break. */
const lineBreakPercent = 32;
const openingPercent = 50;
const linkPercent = 25;
/** Words of a sentence after its first word or its opening: 2 to 4, link words not counted. */
const minMoreWords = 2;
const moreWordsChoices = 3;

/** `Bryce Jones`: some names come up much more often than others. */
export function drawName(random: RandomStream): string {
  return random.below(famousOneIn) === 0
    ? `${draw(famousFirst, random)} ${draw(famousLast, random)}`
    : `${draw(usualFirst, random)} ${draw(usualLast, random)}`;
}

/** 1 to 5 short sentences. One description in a hundred has a comma, one in a hundred has double quotes. */
export function drawDescription(random: RandomStream): string {
  const sentences = 1 + random.below(maxSentences);
  const special = random.below(100);
  let text = drawSentence(random, special === 0 ? ', ' : ' ');
  for (let number = 2; number <= sentences; number++) {
    text += random.below(100) < lineBreakPercent ? '\n' : ' ';
    text += drawSentence(random, ' ');
  }
  return special === 1 ? quoteLastSentence(text) : text;
}

function drawSentence(random: RandomStream, afterFirst: string): string {
  let text = random.below(100) < openingPercent ? draw(openings, random) : draw(capitalWords, random);
  text += afterFirst + draw(words, random);
  for (let more = minMoreWords + random.below(moreWordsChoices); more > 1; more--) {
    text += random.below(100) < linkPercent ? ` ${draw(linkWords, random)} ` : ' ';
    text += draw(words, random);
  }
  return `${text}.`;
}

/** As speech: `Lay raise. "Best end."`, so that quotes also stand at the very start and end of a field. */
function quoteLastSentence(text: string): string {
  const start = text.lastIndexOf('.', text.length - 2) + 1;
  const gap = start === 0 ? 0 : 1;
  return `${text.slice(0, start + gap)}"${text.slice(start + gap)}"`;
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/**
 * Each entry repeated in proportion to 1 / (rank + flatness), Zipf's law as Mandelbrot corrected it, so that an
 * even draw from the result is a skewed one from the list. About 2^14 places.
 */
function rankTable(list: readonly string[], flatness: number): readonly string[] {
  const places = 2 ** 14;
  const total = list.reduce((sum, _, rank) => sum + 1 / (rank + flatness), 0);
  return list.flatMap((entry, rank) => {
    return new Array<string>(Math.round(places / (rank + flatness) / total)).fill(entry);
  });
}

function draw(list: readonly string[], random: RandomStream): string {
  const entry = list[random.below(list.length)];
  if (entry === undefined) {
    throw new RangeError('nothing to draw from');
  }
  return entry;
}
