package logcheck

import "math/bits"

// The texts of keys, kinds and messages are found by a hash of their first 16
// bytes in a small open table, because a Go map of strings costs more than the
// rest of a field.

// slot is one entry of a table of texts of at most 16 bytes.
type slot struct {
	lo, hi uint64
	id     uint8
}

// textTable maps at most 200 texts to their number.
type textTable [512]slot

func (t *textTable) add(text string, id uint8) {
	lo, hi, ok := pack([]byte(text))
	assert(ok && id != 0, "text %q", text)
	i := hashText(lo, hi)
	for t[i].id != 0 {
		assert(t[i].lo != lo || t[i].hi != hi, "text %q twice", text)
		i = (i + 1) & 511
	}
	t[i] = slot{lo, hi, id}
}

func (t *textTable) find(lo, hi uint64) uint8 {
	i := hashText(lo, hi)
	for t[i].id != 0 {
		if t[i].lo == lo && t[i].hi == hi {
			return t[i].id
		}
		i = (i + 1) & 511
	}
	return 0
}

func hashText(lo, hi uint64) uint64 {
	return ((lo ^ bits.RotateLeft64(hi, 29)) * 0x9E3779B97F4A7C15) >> 55
}

// pack puts 1..16 bytes without a zero byte into two words.
func pack(b []byte) (lo, hi uint64, ok bool) {
	n := len(b)
	if n == 0 || n > 16 {
		return 0, 0, false
	}
	for i := min(n, 8) - 1; i >= 0; i-- {
		lo = lo<<8 | uint64(b[i])
	}
	for i := n - 1; i >= 8; i-- {
		hi = hi<<8 | uint64(b[i])
	}
	return lo, hi, true
}

var (
	keyTable      = makeKeyTable()
	nodeKindTable = makeKindTable(false)
	faultKinds    = makeKindTable(true)
	msgTexts      = makeMsgTable()
)

func makeKeyTable() (t textTable) {
	for k := KeyK; k < keyCount; k++ {
		t.add(keyText[k], uint8(k))
	}
	return t
}

// makeKindTable holds the kinds of a node's file or of the fault file.
func makeKindTable(faults bool) (t textTable) {
	for k := KindLog; k < KindX; k++ {
		both := k == KindLog || k == KindEnd
		if both || faults == (k >= KindPhase) {
			t.add(kindText[k], uint8(k))
		}
	}
	return t
}

func makeMsgTable() (t textTable) {
	for m := MsgSubmit; m < msgCount; m++ {
		t.add(msgText[m], uint8(m))
	}
	return t
}

// lookupKey returns the key of that text, KeyNone if FORMAT.md has none.
func lookupKey(b []byte) Key {
	lo, hi, ok := pack(b)
	if !ok {
		return KeyNone
	}
	return Key(keyTable.find(lo, hi))
}

// lookupKind returns the kind of that text in a file of that sort.
func lookupKind(b []byte, faults bool) Kind {
	if len(b) > 2 && b[0] == 'x' && b[1] == '_' {
		return KindX
	}
	lo, hi, ok := pack(b)
	if !ok {
		return KindNone
	}
	if faults {
		return Kind(faultKinds.find(lo, hi))
	}
	return Kind(nodeKindTable.find(lo, hi))
}

// lookupMsg returns the message of that name.
func lookupMsg(b []byte) Msg {
	lo, hi, ok := pack(b)
	if !ok {
		return MsgNone
	}
	return Msg(msgTexts.find(lo, hi))
}

func bit64(v uint64) int { return bits.TrailingZeros64(v) }
