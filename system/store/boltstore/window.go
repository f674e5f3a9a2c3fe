package boltstore

import (
	"bytes"
	"encoding/binary"
)

// incarnationsMax is how many incarnations of one source are remembered. Of an older
// one nobody awaits an answer any more: it counts as below.
const incarnationsMax = 16

// window is the ids of one incarnation of a source that are remembered.
type window struct {
	source    string
	key       []byte
	low       uint64 // 0: the window is not there
	known     bool   // the source is
	forgotten bool   // the incarnation is older than what is remembered
	full      bool   // one more incarnation pushes the oldest out
	oldest    uint32
}

// id is the key of a sequence.
func (w *window) id(seq uint64) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(w.key), seq)
}

// windowKey begins with the length of the source's name, so that none begins like
// another.
func windowKey(source string, inc uint32) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(source))), source...)
	return binary.BigEndian.AppendUint32(b, inc)
}

// window looks a window up. 0 stands for inputs, which outlive incarnations: it is
// never the oldest.
func (t *transaction) window(source string, inc uint32) window {
	w := window{source: source, key: windowKey(source, inc), known: t.emitters.Get(nameKey(source)) != nil}
	if w.low = number(t.windows.Get(w.key)); w.low > 0 || !w.known {
		return w
	}
	prefix := w.key[:len(w.key)-4]
	n := 0
	c := t.windows.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) == len(w.key); k, _ = c.Next() {
		if i := binary.BigEndian.Uint32(k[len(prefix):]); i != 0 && w.oldest == 0 {
			w.oldest = i
		}
		n++
	}
	w.full = n >= incarnationsMax
	w.forgotten = w.full && inc != 0 && inc < w.oldest
	return w
}

// open makes the window, and its source, if it is not there.
func (t *transaction) open(w *window) {
	if !w.known {
		w.known = true
		t.grow("emitters", 1)
		t.put(t.emitters, nameKey(w.source), make([]byte, 16))
	}
	if w.low > 0 {
		return
	}
	if w.full {
		old := windowKey(w.source, w.oldest)
		t.forget(old, ^uint64(0))
		if t.err == nil {
			t.err = t.windows.Delete(old)
		}
	}
	w.low = 1
	t.put(t.windows, w.key, binary.BigEndian.AppendUint64(nil, w.low))
}

// raise moves the low-watermark up.
func (t *transaction) raise(w *window, lo uint64) {
	t.open(w)
	if lo <= w.low {
		return
	}
	w.low = lo
	t.put(t.windows, w.key, binary.BigEndian.AppendUint64(nil, lo))
	t.forget(w.key, lo)
}

// forget removes a window's ids below lo.
func (t *transaction) forget(key []byte, lo uint64) {
	var gone [][]byte
	c := t.ids.Cursor()
	for k, _ := c.Seek(key); bytes.HasPrefix(k, key) && len(k) == len(key)+8 && binary.BigEndian.Uint64(k[len(key):]) < lo; k, _ = c.Next() {
		gone = append(gone, bytes.Clone(k))
	}
	for _, k := range gone {
		if t.err == nil {
			t.err = t.ids.Delete(k)
		}
	}
	t.grow("ids", -int64(len(gone)))
}
