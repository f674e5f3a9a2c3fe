package digest

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Bounds of templates: what is looked at of a text, and what a template has at most,
// in bytes.
const (
	lookMax     = 1024
	templateMax = 240
)

// cutMark ends a template that is longer, or whose text is; manyMark stands for more
// of the word before it.
const (
	cutMark  = "…"
	manyMark = " <...>"
)

// Masks stand for what varies.
const (
	maskNum  = "<num>"
	maskHex  = "<hex>"
	maskID   = "<id>"
	maskIP   = "<ip>"
	maskMAC  = "<mac>"
	maskHost = "<host>"
	maskTime = "<time>"
	maskPath = "<path>"
	maskURL  = "<url>"
	maskAny  = "<*>"
)

// Template appends a message's template to dst: its text with everything masked that
// varies by its form (numbers, hex, addresses, host names with numbers in them, ids,
// times, paths, quoted text), with single spaces, and a masked word three times in a row
// as one and " <...>". It depends on the text alone, and of its digits only on those
// two after a letter; is valid UTF-8, and has at most 243 bytes. Its cost is bounded: it looks at the first
// KiB of a text.
//
// The forms are those that log parsers mask before they learn (Drain3's masking, the
// preprocessing of He and others' benchmark, the collapse_nums of VictoriaLogs).
func Template(dst []byte, text string) []byte {
	s := scanner{text: text, dst: dst, base: len(dst), from: len(dst)}
	more := false
	if len(text) > lookMax {
		s.text, more = text[:wholeRunes(text, lookMax)], true
	}
	for s.i < len(s.text) && len(s.dst)-s.base <= templateMax {
		s.step()
	}
	s.wordEnds()
	out := s.dst[s.base:]
	if len(out) > templateMax {
		out, more = out[:wholeRunes(string(out[:templateMax+1]), templateMax)], true
	}
	if !utf8.Valid(out) {
		out = []byte(strings.ToValidUTF8(string(out), "\uFFFD"))
		out = out[:min(len(out), wholeRunes(string(out)+"x", min(len(out), templateMax)))]
	}
	s.dst = append(s.dst[:s.base], out...)
	if more && !bytes.HasSuffix(s.dst[s.base:], []byte(manyMark)) {
		s.dst = append(s.dst, cutMark...)
	}
	return s.dst
}

// scanner goes through a text once.
type scanner struct {
	text string
	i    int
	dst  []byte
	base int // where the template begins in dst

	from  int // where the newest word begins in dst
	first int // where the first of those alike before it begins
	alike int // how many of them there are

	masked bool // there is a mask in the newest word
}

// Classes of bytes.
const (
	isDigit = 1 << iota
	isLetter
	isHex
	isSpace
	isJoin // may join words to one form: a URL, an address, the name of a host
	isNone // the byte beyond a text's ends
)

var classes = func() (c [256]byte) {
	for b := '0'; b <= '9'; b++ {
		c[b] = isDigit | isHex
	}
	for b := 'a'; b <= 'z'; b++ {
		c[b], c[b-'a'+'A'] = isLetter, isLetter
	}
	for b := 'a'; b <= 'f'; b++ {
		c[b] |= isHex
		c[b-'a'+'A'] |= isHex
	}
	for _, b := range " \t\r\n\v\f" {
		c[b] = isSpace
	}
	for _, b := range ".:-" {
		c[b] = isJoin
	}
	c[0] = isNone
	return c
}()

func is(b byte, class byte) bool { return classes[b]&class != 0 }

const isWord = isDigit | isLetter

// at is a byte of the text, 0 beyond its ends.
func (s *scanner) at(i int) byte {
	if i < 0 || i >= len(s.text) {
		return 0
	}
	return s.text[i]
}

// step takes one piece of the text: a run of spaces, a word, a sign.
func (s *scanner) step() {
	c := s.text[s.i]
	switch {
	case is(c, isLetter):
		if n := s.plain(); n > 0 {
			s.keep(n)
			return
		}
		s.word()
	case c == ' ' && !is(s.at(s.i+1), isSpace|isNone) && len(s.dst) > s.base:
		s.i++
		s.next()
	case is(c, isSpace):
		s.space()
	case is(c, isDigit):
		s.word()
	case c == '"' || c == '\'':
		s.quoted(c)
	case c == '/':
		s.path()
	case (c == '-' || c == '+') && is(s.at(s.i+1), isDigit) && !is(s.at(s.i-1), isWord) && s.at(s.i-1) != ')':
		s.i++ // the sign of a number
		s.word()
	case c == ':' && s.at(s.i+1) == ':' && !is(s.at(s.i-1), isWord) && s.mask(s.i, ip6(s.text[s.i:]), maskIP):
	default:
		s.keep(1)
	}
}

// space turns a run of spaces into one, none at the ends.
func (s *scanner) space() {
	for s.i < len(s.text) && is(s.text[s.i], isSpace) {
		s.i++
	}
	if s.i < len(s.text) && len(s.dst) > s.base {
		s.next()
	}
}

// next begins another word of the template.
func (s *scanner) next() {
	s.wordEnds()
	s.dst = append(s.dst, ' ')
	s.from, s.masked = len(s.dst), false
}

// plain is the length of the letters here, 0 if what follows them may make more of
// them than a word: most words are nothing but words.
func (s *scanner) plain() int {
	n := s.i + 1
	for n < len(s.text) && is(s.text[n], isLetter) {
		n++
	}
	if n < len(s.text) && is(s.text[n], isJoin|isDigit) || n-s.i == 3 && s.text[s.i] <= 'W' {
		return 0
	}
	return n - s.i
}

// wordEnds folds the word that ends here into those before it if it is the third of
// them, or a later one.
func (s *scanner) wordEnds() {
	if !s.masked {
		s.alike = 0
		return
	}
	w := s.dst[s.from:]
	n := len(w)
	if s.alike == 0 || !bytes.Equal(s.dst[s.first:min(s.first+n, len(s.dst))], w) || s.dst[s.first+n] != ' ' {
		s.first, s.alike = s.from, 1
		return
	}
	if s.alike++; s.alike > 2 {
		s.dst = append(s.dst[:s.first+n], manyMark...)
	}
}

// keep takes the next n bytes as they are.
func (s *scanner) keep(n int) {
	s.dst = append(s.dst, s.text[s.i:s.i+n]...)
	s.i += n
}

// mask puts a mask in the place of what stands from start on with that length; false
// if that is 0.
func (s *scanner) mask(start, n int, as string) bool {
	if n == 0 {
		return false
	}
	s.dst = append(s.dst, as...)
	s.i, s.masked = start+n, true
	return true
}

// quoted masks what stands between quotes. A single quote may be an apostrophe: it
// must stand before a word, and its partner after one.
func (s *scanner) quoted(q byte) {
	rest := s.text[s.i+1:]
	n := strings.IndexByte(rest, q)
	if q == '\'' && n >= 0 {
		if is(s.at(s.i-1), isWord) || n > 0 && is(rest[0], isSpace) || is(s.at(s.i+n+2), isWord) {
			n = -1
		}
	}
	if n < 0 {
		s.keep(1)
		return
	}
	s.dst = append(s.dst, q)
	s.dst = append(append(s.dst, maskAny...), q)
	s.i += n + 2
	s.masked = true
}

// path masks an absolute path that begins here.
func (s *scanner) path() {
	prev := s.at(s.i - 1)
	n := 1
	if next := s.at(s.i + 1); prev != '/' && prev != '<' && !is(prev, isWord) && (is(next, isWord) || next == '.' || next == '_' || next == '~') && ip4(s.text[s.i+1:]) == 0 {
		for n < len(s.text)-s.i && pathByte(s.text[s.i+n]) {
			n++
		}
		for n > 1 && strings.IndexByte(".,:", s.text[s.i+n-1]) >= 0 {
			n-- // the sentence's
		}
		s.mask(s.i, n, maskPath)
		return
	}
	s.keep(1)
}

// pathByte reports whether a path goes on with b.
func pathByte(b byte) bool {
	return is(b, isWord) || b >= 0x80 || strings.IndexByte("/._-~+%@#=:,", b) >= 0
}
