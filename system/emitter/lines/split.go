package lines

import (
	"bytes"
	"unicode/utf8"
)

// Piece is a line, or a part of one that is longer than the limit.
type Piece struct {
	Text []byte // without its terminator; part of the bytes that Next was given
	Part int    // 0: a whole line; 1, 2, 3 ...: parts of a longer one
	Last bool   // the line ends with it
}

// Splitter cuts a stream of bytes into pieces. Its whole state is the number of
// the part that comes next, so a stream can be taken up again anywhere between
// two pieces.
//
// Every byte of the stream is either in the text of exactly one piece or in the
// terminator ("\n" or "\r\n") of exactly one line.
type Splitter struct {
	Max  int // largest text in bytes
	Part int // 0 at the beginning of a line, else the number of the next part
}

// Need is how many bytes Next wants to see unless the stream ends before: a text
// of the largest size, and a terminator or the rest of a character after it.
func (s *Splitter) Need() int { return s.Max + utf8.UTFMax }

// Next cuts the next piece off the front of b and returns how many bytes it takes
// with its terminator. end says that the stream ends after b. It returns 0 if
// there is no piece: b is empty at the end, or it is not the end and b has
// neither a line's end nor Need bytes. O(length of the piece).
func (s *Splitter) Next(b []byte, end bool) (p Piece, n int) {
	window := b[:min(len(b), s.Max+2)]
	i := bytes.IndexByte(window, '\n')
	text := window
	switch {
	case i >= 0:
		text = bytes.TrimSuffix(b[:i], []byte("\r"))
		n = i + 1
	case len(b) == 0, !end && len(b) < s.Need():
		return Piece{}, 0
	default:
		n = len(window)
	}
	if len(text) <= s.Max { // at the end of the stream the window is all there is
		p = Piece{Text: text, Part: s.Part, Last: true}
		s.Part = 0
		return p, n
	}
	n = runeCut(b, s.Max)
	p = Piece{Text: b[:n], Part: max(1, s.Part)}
	s.Part = p.Part + 1
	return p, n
}

// runeCut returns the last place at or before max that does not cut a character
// in two. Bytes that are no character may be cut anywhere.
func runeCut(b []byte, max int) int {
	for n := max; n > 0 && n > max-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n]) {
			if r, size := utf8.DecodeRune(b[n:]); n == max || r != utf8.RuneError && n+size > max {
				return n
			}
			return max
		}
	}
	return max
}

// Text returns b as a string that is valid UTF-8, and how many bytes it had to
// replace, each by U+FFFD.
func Text(b []byte) (s string, invalid int) {
	if utf8.Valid(b) {
		return string(b), 0
	}
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			invalid++
		}
		out = utf8.AppendRune(out, r)
		b = b[size:]
	}
	return string(out), invalid
}
