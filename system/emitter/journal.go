package emitter

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
)

// The journal is what makes packets of inputs outlive a restart: a file of frames,
// each with its length and checksum. It says which packets were cut, which of them
// have their outcome, and which inputs are done.

// Every frame is written twice, first all of an append and then all of it again,
// so that one damaged place costs nothing.

const (
	fileJournal = "journal"
	fileTemp    = "journal.tmp"
)

// Kinds of journal frames.
const (
	noteBase byte = 'b' // every packet below seq has its outcome
	noteEnd  byte = 'e' // seq is the next packet, and its input is read on from the place; n is 1 if it has ended
	noteCut  byte = 'c' // packet seq was cut from first to the place
	noteDone byte = 'd' // packet seq has its outcome
)

// place is a position in an input between two pieces, with its totals up to there.
type place struct {
	offset int64 // in bytes
	part   int   // 0, or the number of the part of a long line that comes next
	lines  uint64
	parts  uint64 // extra pieces of long lines
}

// note is one frame of the journal.
type note struct {
	kind  byte
	seq   uint64
	input uint64 // end, cut: key of the input; end: 0 for none
	at    place  // end: where reading goes on; cut: where the packet ends
	first int64  // cut: offset of its first byte, in the same input
	part  int    // cut: the splitter's state there
	n     int    // cut: messages; end: 1 if the input has been read to its end
	hash  uint32
}

const noteMagic = "\xfew"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendNote(b []byte, n note) []byte {
	start := len(b)
	b = append(b, noteMagic...)
	b = append(b, 0, n.kind) // length, to be set
	for _, v := range [...]uint64{
		n.seq, n.input, uint64(n.at.offset), uint64(n.at.part), n.at.lines, n.at.parts,
		uint64(n.first), uint64(n.part), uint64(n.n), uint64(n.hash),
	} {
		b = binary.AppendUvarint(b, v)
		if n.kind == noteDone {
			break
		}
	}
	size := len(b) - start
	assert(size <= math.MaxUint8, "a journal frame is short")
	b[start+len(noteMagic)] = byte(size)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// readNote reads the frame at the beginning of b, and its length; 0 if it is not
// sound.
func readNote(b []byte) (n note, size int) {
	const head = len(noteMagic) + 2
	if len(b) < head || string(b[:len(noteMagic)]) != noteMagic {
		return note{}, 0
	}
	size = int(b[len(noteMagic)])
	if size < head || len(b) < size+4 || binary.LittleEndian.Uint32(b[size:]) != crc32.Checksum(b[:size], castagnoli) {
		return note{}, 0
	}
	n.kind = b[head-1]
	body := b[head:size]
	var v [10]uint64
	for i := range v {
		x, k := binary.Uvarint(body)
		if k <= 0 {
			break
		}
		v[i], body = x, body[k:]
	}
	n.seq, n.input, n.first, n.part, n.n, n.hash = v[0], v[1], int64(v[6]), int(v[7]), int(v[8]), uint32(v[9])
	n.at = place{int64(v[2]), int(v[3]), v[4], v[5]}
	return n, size + 4
}

// past is what a journal says of earlier incarnations.
type past struct {
	low     uint64         // every lower sequence has its outcome
	next    uint64         // the next sequence to be given
	inputs  []reached      // where reading goes on, in the order in which they came up
	index   map[uint64]int // of each in inputs, by key
	cuts    []note         // packets without an outcome, ascending
	missing uint64         // packets of which nothing is known any more
	skipTo  uint64         // sequences from skipAt to below this one were given up, see noteEnd
	skipAt  uint64
	damaged bool // what came last cannot be read: its ids may have been used
}

// reached is how far an input was read.
type reached struct {
	input uint64 // key
	at    place
	done  bool // to its end
}

// reach takes down how far an input was read.
func (p *past) reach(n *note, done bool) {
	i, ok := p.index[n.input]
	if !ok {
		i = len(p.inputs)
		p.index[n.input] = i
		p.inputs = append(p.inputs, reached{})
	}
	p.inputs[i] = reached{n.input, n.at, done}
}

// replay reads a journal. Frames that cannot be read are passed over: a torn end,
// or the trace of an append that failed and was made again, means nothing; what
// damage took is found by the gap that it leaves.
func replay(b []byte) past {
	p := past{low: 1, next: 1, index: map[uint64]int{}}
	known := map[uint64]note{} // by packet; never ranged over
	for len(b) > 0 {
		n, size := readNote(b)
		if size == 0 {
			next := bytes.Index(b[1:], []byte(noteMagic)) + 1
			if next == 0 {
				p.damaged = len(b) > len(noteMagic) && len(b) >= int(b[len(noteMagic)])+4
				break
			}
			b = b[next:]
			continue
		}
		b = b[size:]
		switch n.kind {
		case noteBase:
			p.low, p.next = max(p.low, n.seq), max(p.next, n.seq)
		case noteEnd:
			if n.seq >= p.next {
				if n.seq > p.next && p.skipTo == 0 {
					p.skipAt, p.skipTo = p.next, n.seq
				}
				p.next = n.seq
				if n.input != 0 {
					p.reach(&n, n.n != 0)
				}
			}
		case noteCut:
			if n.seq >= p.next {
				p.next = n.seq + 1
				p.reach(&n, false)
			}
			if _, again := known[n.seq]; !again {
				known[n.seq] = n
			}
		case noteDone:
			known[n.seq] = n
		}
	}
	p.gather(known)
	return p
}

// gather lists the packets without an outcome.
func (p *past) gather(known map[uint64]note) {
	if p.next-p.low-(p.skipTo-p.skipAt) > spanMost {
		p.damaged, p.missing, p.low = true, p.next-p.low, p.next
		return
	}
	for seq := p.low; seq < p.next; seq++ {
		if seq == p.skipAt {
			seq = p.skipTo - 1
			continue
		}
		n, ok := known[seq]
		switch {
		case !ok:
			p.missing++
		case n.kind == noteCut:
			p.cuts = append(p.cuts, n)
		}
	}
	p.low = p.next
	if len(p.cuts) > 0 {
		p.low = p.cuts[0].seq
	}
}

// spanMost is the widest span of packets that a configuration allows; more in a
// journal means that it is damaged.
const spanMost = 1 << 24
