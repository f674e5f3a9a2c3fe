package digest

import "strings"

// word takes a run of letters and digits, and what belongs to it by its form.
func (s *scanner) word() {
	w := s.look()
	rest := s.text[s.i:]
	switch {
	case s.mask(s.i, stamp(rest, s.i == 0), maskTime):
	case w.scheme && s.mask(s.i, url(rest), maskURL):
	case w.hex && w.n == 8 && w.next == '-' && s.mask(s.i, uuid(rest), maskID):
	case w.digits && s.mask(s.i, ip4(rest), maskIP):
	case w.hex && w.n <= 4 && w.next == ':' && s.mask(s.i, mac(rest), maskMAC):
	case w.hex && w.n <= 4 && w.next == ':' && s.mask(s.i, ip6(rest), maskIP):
	case w.n > 2 && is(rest[0], isDigit) && rest[1]|0x20 == 'x' && w.hexAfter && s.mask(s.i, w.n, maskHex):
	case (w.next == '.' || w.next == '-') && s.mask(s.i, host(rest), maskHost):
	case w.digits:
		s.mask(s.i, number(rest), maskNum)
	case !w.mixed:
		s.keep(w.n)
	case w.hex && w.n >= 8:
		s.mask(s.i, w.n, maskHex)
	case w.changes >= 4 || w.changes == 3 && w.n >= 8:
		s.mask(s.i, w.n, maskID)
	default:
		s.pieces(w.n)
	}
}

// looked is what a word is made of.
type looked struct {
	n        int  // its length
	next     byte // what follows
	digits   bool // nothing else
	mixed    bool // both letters and digits
	hex      bool // hex digits only
	hexAfter bool // hex digits only after the first two bytes
	scheme   bool // "://" follows
	changes  int  // between letters and digits
}

func (s *scanner) look() (w looked) {
	and, or := byte(isDigit|isHex), byte(0)
	w.hexAfter = true
	last := byte(0)
	for s.i+w.n < len(s.text) {
		c := classes[s.text[s.i+w.n]]
		if c&isWord == 0 {
			break
		}
		and, or = and&c, or|c
		w.hexAfter = w.hexAfter && (w.n < 2 || c&isHex != 0)
		if kind := c & isWord; kind != last {
			if last != 0 {
				w.changes++
			}
			last = kind
		}
		w.n++
	}
	w.next = s.at(s.i + w.n)
	w.digits, w.hex = and&isDigit != 0, and&isHex != 0
	w.mixed = or&isWord == isWord
	w.scheme = w.next == ':' && strings.HasPrefix(s.text[s.i+w.n:], "://")
	return w
}

// pieces masks the numbers in a word of both: all at its beginning, and those of three
// digits and more after letters. jk2 and eth0 are names, and ms is a unit.
func (s *scanner) pieces(n int) {
	for end, first := s.i+n, true; s.i < end; first = false {
		k := 0
		for s.i+k < end && is(s.text[s.i+k], isDigit) == is(s.text[s.i], isDigit) {
			k++
		}
		if is(s.text[s.i], isDigit) && (first || k >= 3) {
			s.mask(s.i, k, maskNum)
		} else {
			s.keep(k)
		}
	}
}
