package digest

import "encoding/binary"

// Bounds of a memo: entries, and bytes of the texts that it has an entry for.
const (
	memoSlots = 1 << 11
	memoText  = 512
)

// memo remembers templates of texts. Most lines of a log are like one before but for
// their digits, and a template has no digits but one or two after a letter: so it is
// remembered for the text with all others alike. What it says is what Template says, sooner. The zero value
// is ready; at most about 1.2 MiB.
type memo struct {
	slots []remembered
	text  []byte // a template
	buf   [memoText + 8]byte
}

type remembered struct {
	alike string
	text  string
	order uint64
}

// template returns a text's template and its hash.
func (m *memo) template(text string) (string, uint64) {
	if len(text) > memoText {
		m.text = Template(m.text[:0], text)
		return string(m.text), hashOf(m.text)
	}
	if m.slots == nil {
		m.slots = make([]remembered, memoSlots)
	}
	n, h := m.alike(text)
	r := &m.slots[h%memoSlots]
	if r.text == "" || r.alike != string(m.buf[:n]) {
		m.text = Template(m.text[:0], text)
		*r = remembered{string(m.buf[:n]), string(m.text), hashOf(m.text)}
	}
	return r.text, r.order
}

// alike copies a text of at most memoText bytes into m.buf with a 0 for each digit, but
// for up to two after a letter, which a template may keep. It returns its length and a
// hash of it. It takes eight bytes at a time, with one bit of each byte that says what
// it is.
func (m *memo) alike(text string) (int, uint64) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	n := copy(m.buf[:], text)
	clear(m.buf[n : n+8])
	h := uint64(n) + odd1
	var letter, first uint64 // the last byte of what was before: a letter, a digit after one
	for i := 0; i < n; i += 8 {
		b := m.buf[i:]
		x := binary.LittleEndian.Uint64(b)
		// A byte without its highest bit gets it by adding 0x80 - k if it is k or more.
		y := x ^ '0'*ones
		digits := ^((y&^tops + (0x80-10)*ones) | y) & tops
		y = (x | 0x20*ones) &^ tops
		letters := (y + (0x80-'a')*ones) &^ (y + (0x80-'z'-1)*ones) &^ x & tops
		after := digits & (letters<<8 | letter)
		keep := after | digits&(after<<8|first)
		letter, first = letters>>56, after>>56
		x &^= (digits &^ keep) >> 7 * 0x0F
		h = fold(h ^ x)
		binary.LittleEndian.PutUint64(b, x)
	}
	return n, h
}
