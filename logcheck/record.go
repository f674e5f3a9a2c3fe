package logcheck

// valueType says what a value is.
type valueType uint8

const (
	typeNone   valueType = iota
	typeString           // num = offset<<32 | length, in the line or (escaped) in the scratch
	typeEscaped
	typeInt // num >= 0
	typeNeg // num is the two's complement of a negative value
	typeBool
)

// value is one value of a record, without pointers: strings are offsets.
type value struct {
	num uint64
	sym Sym // of a string, once interned; 0: not yet
	typ valueType
}

// extra is a key that FORMAT.md does not define (kinds x_ only).
type extra struct {
	off, len uint32 // of the key, in the line
	val      value
}

// Record is one line. It and all byte slices taken from it are valid only until
// the Feed that received it returns: what is kept must be copied (Sym, Str, ID
// and Ref are copies).
type Record struct {
	// Kind is the kind; KindName(r) gives the text of an x_ kind.
	Kind Kind
	// Msg is the message of a send or recv, MsgNone elsewhere.
	Msg Msg
	// Class is the traffic class of a send or recv, 0 elsewhere.
	Class Class
	// Actor is the actor (key `a`).
	Actor Sym
	// Seq is the actor's sequence number (key `s`).
	Seq uint64
	// T and M are world time and the node's monotonic time, nanoseconds.
	T, M int64
	// G is the global event number; 0 outside the simulation.
	G uint64
	// File is the file that holds the record.
	File *File
	// Line is the line in File, from 1.
	Line int
	// Pkt is the shared state of the packet that key `id` names; nil when the
	// record has no id or the id's source is `probe`.
	Pkt *Packet
	// Who is a small number for (File, Actor), dense over the run: one actor of one
	// incarnation.
	Who int
	// Sent is the send that a recv, fail, drop, lost or dup (fault file) names, and
	// the new entry of a send; nil when the log holds none. Its state already
	// includes this record.
	Sent *Sent

	has     [2]uint64 // bit set of keys present
	vals    [keyCount]value
	extras  []extra
	line    []byte
	scratch []byte
	names   *Names
	next    [kindCount][keyCount]Key // the scanner's guess of the key after a key
	id      PacketID
	idOK    bool
}

// Has reports whether the record has key k.
func (r *Record) Has(k Key) bool { return r.has[k>>6]>>(k&63)&1 == 1 }

// Bytes returns the text of string k, unescaped; nil when absent or no string.
// Valid only during Feed.
func (r *Record) Bytes(k Key) []byte {
	if !r.Has(k) {
		return nil
	}
	return r.text(&r.vals[k])
}

func (r *Record) text(v *value) []byte {
	off, n := v.num>>32, v.num&0xffffffff
	switch v.typ {
	case typeString:
		return r.line[off : off+n]
	case typeEscaped:
		return r.scratch[off : off+n]
	}
	return nil
}

// Str returns a copy of string k; empty when absent.
func (r *Record) Str(k Key) string { return string(r.Bytes(k)) }

// Is reports whether string k is present and equals want, without allocation.
func (r *Record) Is(k Key, want string) bool { return r.Has(k) && string(r.Bytes(k)) == want }

// Sym returns string k interned (0 when absent). Use it for names only.
func (r *Record) Sym(k Key) Sym {
	if !r.Has(k) {
		return 0
	}
	v := &r.vals[k]
	if v.sym == 0 {
		v.sym = r.names.Intern(r.text(v))
	}
	return v.sym
}

// Uint returns integer k; 0 when absent, negative or no integer.
func (r *Record) Uint(k Key) uint64 {
	if v := &r.vals[k]; r.Has(k) && v.typ == typeInt {
		return v.num
	}
	return 0
}

// Int returns integer k; 0 when absent, above 2^63-1 or no integer.
func (r *Record) Int(k Key) int64 {
	v := &r.vals[k]
	if !r.Has(k) || v.typ != typeNeg && (v.typ != typeInt || v.num > 1<<63-1) {
		return 0
	}
	return int64(v.num)
}

// Bool returns boolean k; false when absent.
func (r *Record) Bool(k Key) bool {
	return r.Has(k) && r.vals[k].typ == typeBool && r.vals[k].num == 1
}

// ID returns the packet id of key `id`; false when absent. The schema has
// checked its form.
func (r *Record) ID() (PacketID, bool) { return r.id, r.idOK }

// Ref returns the place of the record, for a witness.
func (r *Record) Ref() Ref { return Ref{file: r.File, Line: r.Line} }

// Node is the node whose file holds the record (`faults` for the fault file).
func (r *Record) Node() Sym { return r.File.Node }

// KindName returns the text of the kind, also of x_ kinds.
func (r *Record) KindName() string { return string(r.Bytes(KeyK)) }

// Lookup returns a value by the text of its key, also of keys that FORMAT.md does
// not define: for custom properties over x_ kinds. The result is a string, an
// int64 (a uint64 above 2^63-1) or a bool; nil when absent.
func (r *Record) Lookup(key string) any {
	for k := KeyK; k < keyCount; k++ {
		if keyText[k] == key {
			if !r.Has(k) {
				return nil
			}
			return r.any(&r.vals[k])
		}
	}
	for i := range r.extras {
		e := &r.extras[i]
		if string(r.line[e.off:e.off+e.len]) == key {
			return r.any(&e.val)
		}
	}
	return nil
}

func (r *Record) any(v *value) any {
	switch v.typ {
	case typeString, typeEscaped:
		return string(r.text(v))
	case typeInt:
		if v.num > 1<<63-1 {
			return v.num
		}
		return int64(v.num)
	case typeNeg:
		return int64(v.num)
	case typeBool:
		return v.num == 1
	}
	return nil
}
