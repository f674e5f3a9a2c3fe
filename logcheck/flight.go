package logcheck

import "sort"

// Sent is one accepted send and what became of its copies. The engine keeps it
// until every copy is accounted for and a while longer.
type Sent struct {
	// From is the sender's file (incarnation); Actor the sending actor.
	From  *File
	Actor Sym
	// Who is the sending actor as a dense number (Record.Who).
	Who int
	// Tok is the token; unique in From.
	Tok uint64
	// To, ToActor and ToInc are the addressee; ToInc 0: any incarnation.
	To, ToActor Sym
	ToInc       uint32
	// Msg and Class are the message's.
	Msg   Msg
	Class Class
	// ID, Att and N are those of a submit, packet, result or receipt.
	ID  PacketID
	Att uint64
	N   uint64
	// T and M are the times of the send.
	T, M int64
	// At is the place of the send.
	At Ref
	// Copies is 1 and the world's duplicates; Received and Lost count their ends.
	Copies, Received, Lost uint64
	// Failed is true once the sender learned that the send failed.
	Failed bool
	fails  uint64 // how often it was told so

	digest uint64 // of the message keys
	cutGen uint64 // the state of its link when it was sent (H4)
	next   *Sent  // free list
	linger bool
}

// Open reports whether a copy may still be handled, as far as the log tells.
func (s *Sent) Open() bool { return s.Received+s.Lost < s.Copies }

type tokKey struct {
	file int32
	tok  uint64
}

// lingerMax is how many finished sends are kept for a late fail or dup.
const lingerMax = 1 << 10

// flights is the table of sends that are not finished.
type flights struct {
	open   []map[uint64]*Sent // by File.Index and token
	ring   []tokKey           // finished ones, oldest first, from head
	head   int
	free   *Sent
	files  []*File
	byNode [][]*File // by Sym of the node, in order of incarnations
	maxTok []uint64  // per file: the largest token of a send
	silent bool      // a message may vanish without a word: world tcp
}

type incKey struct {
	node Sym
	inc  uint32
}

func newFlights(files []*File, silent bool) *flights {
	fl := &flights{silent: silent, open: make([]map[uint64]*Sent, len(files)), files: files, maxTok: make([]uint64, len(files))}
	for i, f := range files {
		fl.open[i] = map[uint64]*Sent{}
		if !f.Faults {
			for int(f.Node) >= len(fl.byNode) {
				fl.byNode = append(fl.byNode, nil)
			}
			fl.byNode[f.Node] = append(fl.byNode[f.Node], f)
		}
	}
	return fl
}

// track resolves r.Sent and updates it.
func (fl *flights) track(r *Record) {
	switch r.Kind {
	case KindSend:
		r.Sent = fl.send(r)
	case KindRecv:
		if s := fl.find(r.Sym(KeyFr), r.Uint(KeyFI), r.Uint(KeyTok)); s != nil {
			r.Sent = s
			s.Received++
			fl.settle(s)
		}
	case KindDrop, KindLost:
		if s := fl.find(r.Sym(KeyFr), r.Uint(KeyFI), r.Uint(KeyTok)); s != nil {
			r.Sent = s
			s.Lost++
			fl.settle(s)
		}
	case KindWorldDup:
		if s := fl.find(r.Sym(KeyFr), r.Uint(KeyFI), r.Uint(KeyTok)); s != nil {
			r.Sent = s
			s.Copies += r.Uint(KeyN)
		}
	case KindFail:
		if s := fl.open[r.File.Index][r.Uint(KeyTok)]; s != nil {
			r.Sent = s
			s.Failed = true
			s.fails++
			fl.settle(s)
		}
	}
}

func (fl *flights) send(r *Record) *Sent {
	tok := r.Uint(KeyTok)
	table := fl.open[r.File.Index]
	fl.maxTok[r.File.Index] = max(fl.maxTok[r.File.Index], tok)
	if table[tok] != nil {
		return nil // a token twice: H3 says so
	}
	s := fl.free
	if s == nil {
		s = &Sent{}
	} else {
		fl.free = s.next
	}
	*s = Sent{
		From: r.File, Actor: r.Actor, Who: r.Who, Tok: tok, To: r.Sym(KeyTo), ToActor: r.Sym(KeyTA),
		ToInc: uint32(r.Uint(KeyTI)), Msg: r.Msg, Class: r.Class, ID: r.id, Att: r.Uint(KeyAtt),
		N: r.Uint(KeyN), T: r.T, M: r.M, At: r.Ref(), Copies: 1, digest: r.msgDigest(),
	}
	table[tok] = s
	return s
}

// find returns the send that (node, incarnation, token) names.
func (fl *flights) find(node Sym, inc, tok uint64) *Sent {
	f := fl.file(node, uint32(inc))
	if f == nil {
		return nil
	}
	return fl.open[f.Index][tok]
}

// file returns the log of an incarnation, or nil.
func (fl *flights) file(node Sym, inc uint32) *File {
	if int(node) >= len(fl.byNode) {
		return nil
	}
	list := fl.byNode[node]
	i := sort.Search(len(list), func(i int) bool { return list[i].Inc >= inc })
	if i == len(list) || list[i].Inc != inc {
		return nil
	}
	return list[i]
}

// finished reports whether nothing more is to come of a send, but for late records. A
// silently lost message of the tcp world is finished by its fail; in the simulation one
// whose send failed may still arrive.
func (fl *flights) finished(s *Sent) bool { return !s.Open() || s.Failed && fl.silent }

// settle moves a finished send to the ring of those that only a late record can name.
func (fl *flights) settle(s *Sent) {
	if s.linger || !fl.finished(s) {
		return
	}
	s.linger = true
	key := tokKey{int32(s.From.Index), s.Tok}
	if len(fl.ring) < lingerMax {
		fl.ring = append(fl.ring, key)
		return
	}
	old := fl.ring[fl.head]
	fl.ring[fl.head] = key
	fl.head = (fl.head + 1) % lingerMax
	if o := fl.open[old.file][old.tok]; o != nil {
		if !fl.finished(o) { // a late dup opened it again
			o.linger = false
			return
		}
		delete(fl.open[old.file], old.tok)
		o.next, fl.free = fl.free, o
	}
}

// past reports whether file had a send with that token or a later one: a token
// that is not in the table was then finished long ago.
func (fl *flights) past(f *File, tok uint64) bool { return f != nil && tok <= fl.maxTok[f.Index] }

// msgDigest sums up the message keys of a send or recv and its `re`, whatever their
// order, so that the two can be compared without keeping the text. A value that is
// empty, 0 or false is as good as none.
func (r *Record) msgDigest() uint64 {
	m := &msgTable[r.Msg]
	d := uint64(r.Msg)
	for i := range r.has {
		may := m.may[i]
		if i == int(KeyRe)>>6 {
			may |= 1 << (KeyRe & 63)
		}
		for set := r.has[i] & may; set != 0; set &= set - 1 {
			k := 64*i + bit64(set)
			v := &r.vals[k]
			h := v.num
			if v.typ == typeString || v.typ == typeEscaped {
				if text := r.text(v); len(text) > 0 {
					h = hashBytes(text)
				} else {
					h = 0
				}
			}
			if h == 0 {
				continue
			}
			d += mix(h ^ uint64(k)<<56)
		}
	}
	return d
}

func hashBytes(b []byte) uint64 {
	h := uint64(len(b))
	for len(b) >= 8 {
		lo, _, _ := pack(b[:8])
		h = mix(h ^ lo)
		b = b[8:]
	}
	if len(b) > 0 {
		lo, _, _ := pack(b)
		h = mix(h ^ lo)
	}
	return h
}

// mix is the finaliser of splitmix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
