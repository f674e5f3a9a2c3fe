package source

import (
	"bytes"
	"unicode/utf8"
)

// framer cuts a stream of syslog messages (RFC 6587): a message is what a count of
// octets in front of it says, if that is 1 to 10 digits, a space and the message's '<',
// else a line. What is longer than max comes in parts. Line ends and zero bytes between
// messages are skipped.
type framer struct {
	max  int // bytes of a part
	left int // bytes that are missing of a counted message
	part int // number of the part that comes next, 0 at the beginning of a message
}

// piece is a message, or a part of one.
type piece struct {
	text    []byte // a part of the bytes that next was given
	part    int    // 0: whole; 1, 2, 3 ...
	cut     bool   // the stream ended before the message did
	counted bool
}

// next cuts a piece off the front of b and returns how many bytes it takes. ok is false
// if there is none yet; used may be more than 0 then all the same. It needs no more than
// max + utf8.UTFMax bytes to find one.
func (f *framer) next(b []byte, end bool) (p piece, used int, ok bool) {
	if f.left == 0 && f.part == 0 {
		used = len(b) - len(bytes.TrimLeft(b, "\r\n\x00"))
		b = b[used:]
		n, head, more := octetCount(b)
		if more && !end {
			return p, used, false
		}
		f.left = n
		used += head
		b = b[head:]
	}
	if f.left > 0 {
		p, n, ok := f.countedPiece(b, end)
		return p, used + n, ok
	}
	p, n, ok := f.linePiece(b, end)
	return p, used + n, ok
}

// octetCount reads a message's length from in front of it; more says that b ends too
// early to tell. 0: there is none.
func octetCount(b []byte) (n, head int, more bool) {
	i := 0
	for i < len(b) && i < 10 && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + int(b[i]-'0')
		i++
	}
	switch {
	case i > 0 && b[0] == '0' || i == 0 && len(b) > 0:
		return 0, 0, false
	case len(b) < i+2 && (len(b) <= i || b[i] == ' '):
		return 0, 0, true
	case b[i] != ' ' || b[i+1] != '<' || n > 1<<31-1:
		return 0, 0, false
	}
	return n, i + 1, false
}

func (f *framer) countedPiece(b []byte, end bool) (p piece, used int, ok bool) {
	want := min(f.left, f.max)
	if len(b) < want && !end {
		return p, 0, false
	}
	n := min(want, len(b))
	if n < f.left && n == want {
		n = wholeRunes(b[:n])
	}
	f.left -= n
	p = piece{text: b[:n], counted: true, cut: end && n == len(b) && f.left > 0}
	if p.cut {
		f.left = 0
	}
	f.number(&p, f.left > 0)
	return p, n, n > 0 || p.cut
}

func (f *framer) linePiece(b []byte, end bool) (p piece, used int, ok bool) {
	i := bytes.IndexByte(b[:min(len(b), f.max+1)], '\n')
	switch {
	case i >= 0:
		p, used = piece{text: b[:i]}, i+1
		f.number(&p, false)
	case len(b) > f.max:
		used = wholeRunes(b[:f.max])
		p = piece{text: b[:used]}
		f.number(&p, true)
	case end && len(b) > 0:
		p, used = piece{text: b}, len(b)
		f.number(&p, false)
	default:
		return p, 0, false
	}
	return p, used, true
}

// number gives the piece its number; more parts follow or not.
func (f *framer) number(p *piece, more bool) {
	p.part = f.part
	if more {
		p.part = max(1, f.part)
		f.part = p.part + 1
		return
	}
	f.part = 0
}

// wholeRunes is how much of b can be taken without cutting a character in two.
func wholeRunes(b []byte) int {
	for n := len(b) - 1; n > 0 && n >= len(b)-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n]) {
			if utf8.FullRune(b[n:]) {
				return len(b)
			}
			return n
		}
	}
	return len(b)
}
