// Package lines turns the bytes of a log file into messages: it splits them into
// lines, repairs their encoding, and recognises level and time where a line
// shows them beyond doubt.
//
// A line's text is kept as it was, with these exceptions, each visible in the
// message: a carriage return before the line's end is dropped; bytes that are not
// UTF-8 become U+FFFD, one each, under the attribute weir.encoding; and a line
// longer than the limit becomes several messages, numbered by the attribute
// weir.part. Every byte of the input is accounted for (see Splitter).
//
// Recognition never guesses: what it is not sure of stays 0. It looks at the
// beginning of a line only, so its cost does not grow with the line.
//
// The package reads no clock and no file and knows no actor. It imports
// system/message; the emitter imports it.
package lines
