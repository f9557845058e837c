/** Lines of a file or a text field as the questions of a batch. */

/** Characters of a request's body; longer files are sent from the command line. */
export const MAX_CHARACTERS = 900_000;

/** Each line as JSON where it is an object or a text in quotes, else as a question itself. */
export function parseQuestions(text) {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
    .map(parseLine);
}

/** What a question asks, for people to look at. */
export function questionText(question) {
  return typeof question === "string" ? question : (question?.question ?? JSON.stringify(question));
}

function parseLine(line) {
  if (!/^[{"[]/.test(line)) return line;
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
