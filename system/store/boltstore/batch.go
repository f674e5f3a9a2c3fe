package boltstore

import (
	"bytes"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"weir/system/store"
)

// transaction is one batch on its way in. After the first error it does nothing more.
type transaction struct {
	limits                                store.Limits
	meta, ids, windows, emitters, sources *bbolt.Bucket
	results                               *bbolt.Bucket // nil: none are kept
	added                                 [][]byte      // to them, by the batch
	foldAt                                func(int) int
	err                                   error
	packets, messages, size, others       uint64 // by which the counts grow
	levels                                [len(store.LevelNames)]uint64
	n                                     uint64 // number of the newest effect; 0: not read yet
	read                                  bool
}

func (s *Store) begin(tx *bbolt.Tx) *transaction {
	return &transaction{limits: s.limits, foldAt: s.foldAt, results: tx.Bucket(bucketResults), meta: tx.Bucket(bucketMeta), ids: tx.Bucket(bucketIDs),
		windows: tx.Bucket(bucketWindows), emitters: tx.Bucket(bucketEmitters), sources: tx.Bucket(bucketSources)}
}

func (t *transaction) put(b *bbolt.Bucket, key, value []byte) {
	if t.err == nil {
		t.err = b.Put(key, value)
	}
}

// number reads one of the counts; one that is not there is 0.
func (t *transaction) number(name string) uint64 { return number(t.meta.Get([]byte(name))) }

func number(v []byte) uint64 {
	if len(v) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

func (t *transaction) set(name string, v uint64) {
	t.put(t.meta, []byte(name), binary.BigEndian.AppendUint64(nil, v))
}

func (t *transaction) grow(name string, by int64) {
	if by != 0 {
		t.set(name, t.number(name)+uint64(by))
	}
}

func (t *transaction) held() store.Held {
	return store.Held{N: t.number("packets"), Messages: t.number("messages")}
}

// newest is the number of the newest effect.
func (t *transaction) newest() uint64 {
	if !t.read {
		t.n, t.read = t.number("packets"), true
	}
	return t.n
}

// effect takes one effect in, unless it is known. It decides as package store's Store
// does: learn, look, commit.
func (t *transaction) effect(e *store.Effect) store.Result {
	w := t.window(e.ID().Source, e.ID().Inc)
	if e.AckedBelow() > 1 && !w.forgotten && (w.known || t.roomForEmitter()) {
		t.raise(&w, e.AckedBelow())
	}
	if is := t.look(&w, e); is != store.Fresh {
		return store.Result{Standing: is}
	}
	t.open(&w)
	t.n = t.newest() + 1
	t.grow("ids", 1)
	t.put(t.ids, w.id(e.ID().Seq), binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, e.Hash()), t.n))
	t.measure(e)
	if b := e.Results(); b != nil {
		t.added = append(t.added, b)
	}
	return store.Result{Number: t.n}
}

// look says where a packet stands.
func (t *transaction) look(w *window, e *store.Effect) store.Standing {
	switch {
	case !w.known && !t.roomForEmitter():
		return store.NoRoom
	case w.forgotten, w.low > e.ID().Seq:
		return store.Below
	}
	if v := t.ids.Get(w.id(e.ID().Seq)); v != nil {
		if binary.BigEndian.Uint32(v) != e.Hash() {
			return store.Conflict
		}
		return store.Seen
	}
	if t.number("ids") >= uint64(t.limits.IDs) && e.ID().Seq != max(w.low, 1) {
		return store.NoRoom
	}
	return store.Fresh
}

func (t *transaction) roomForEmitter() bool { return t.number("emitters") < uint64(t.limits.Emitters) }

// measure adds what an effect counts.
func (t *transaction) measure(e *store.Effect) {
	t.packets++
	t.messages += e.Messages()
	t.size += e.Bytes()
	for i, v := range e.Levels() {
		t.levels[i] += v
	}
	key := nameKey(e.ID().Source)
	packets, messages := emitted(t.emitters.Get(key))
	t.put(t.emitters, key, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, packets+1), messages+e.Messages()))
	for _, s := range e.Sources() {
		key := nameKey(s.Name)
		old := t.sources.Get(key)
		if old == nil {
			if t.number("sources") >= uint64(t.limits.Sources) {
				t.others += s.Messages
				continue
			}
			t.grow("sources", 1)
		}
		t.put(t.sources, key, binary.BigEndian.AppendUint64(nil, number(old)+s.Messages))
	}
}

// nameKey is the key of a name, which may be empty as no key may.
func nameKey(name string) []byte { return append([]byte{'='}, name...) }

// emitted reads what an emitter sent.
func emitted(v []byte) (packets, messages uint64) {
	if len(v) != 16 {
		return 0, 0
	}
	return number(v), number(v[8:])
}

// flush writes the counts.
func (t *transaction) flush() {
	t.grow("packets", int64(t.packets))
	t.grow("messages", int64(t.messages))
	t.grow("bytes", int64(t.size))
	t.grow("others", int64(t.others))
	for i, name := range store.LevelNames {
		t.grow("level "+name, int64(t.levels[i]))
	}
}

// remember notes the batch and what came of it.
func (t *transaction) remember(b store.Batch, results []store.Result) {
	v := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, b.Inc), b.Seq)
	for _, r := range results {
		v = binary.BigEndian.AppendUint64(append(v, byte(r.Standing)), r.Number)
	}
	t.put(t.meta, []byte("last"), v)
}

// repeated returns what came of the batch if it is the newest that was taken in, else
// nil.
func (t *transaction) repeated(b store.Batch) []store.Result {
	v := t.meta.Get([]byte("last"))
	head := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, b.Inc), b.Seq)
	if !bytes.HasPrefix(v, head) || len(v) != len(head)+9*len(b.Effects) {
		return nil
	}
	results := []store.Result{}
	for v = v[len(head):]; len(v) > 0; v = v[9:] {
		results = append(results, store.Result{Standing: store.Standing(v[0]), Number: number(v[1:])})
	}
	return results
}
