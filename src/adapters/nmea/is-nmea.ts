/** Tells an AIS log from other text by its first lines. */

/** A sentence, with or without a time and tag blocks before it. */
const SENTENCE =
  /^[[("]?(?:\d{9,14}(?:\.\d+)?|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[^\s,;\])"]*)?[\s,;\])"]*(?:\\[^\\]*\\\s*)*(?:![A-Z\d]{2}VD[MO],|\$[A-Z]{4,},)/i;
/** A tag block on a line of its own, or one that was cut. */
const TAG_BLOCK = /^\\[a-z]:/;

/** So much of a line is looked at: a time and tag blocks are shorter, and a hostile line costs no more. */
const LOOKED_AT = 512;
/** Fewer of a log's lines are sentences only where it is not one: some receivers write a few lines about each. */
const LEAST_SHARE = 0.25;

/** Whether text that begins with these bytes is an AIS log: a quarter of its lines are sentences, comments and blank lines not counted. */
export function isNmea(head: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(head);
  const starts = text.split(/[\r\n]+/).map((line) => line.slice(0, LOOKED_AT).trim());
  const lines = starts.filter((line) => line !== "" && !line.startsWith("#"));
  const sentences = lines.filter((line) => SENTENCE.test(line) || TAG_BLOCK.test(line));
  return sentences.length > 0 && sentences.length >= LEAST_SHARE * lines.length;
}
