package source

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// tailMax is how many bytes before a position, and at the beginning of the file, are
// remembered, by their hashes.
const tailMax = 1 << 10

// position is how far a file was read: which file, up to where, and what stood before.
// A file is itself if its inode and the bytes before the offset are the same; if only
// bytes are, it is a copy.
type position struct {
	inode  uint64 // 0: not known on this system
	offset int64
	mtime  int64 // of the file when it was read, in Unix nanoseconds
	tail   uint16
	hash   uint64 // of the tail bytes before the offset
	head   uint16
	begin  uint64 // hash of the first head bytes of the file
	before uint64 // inode of the file that was read before this one
	part   bool   // the last line has no end yet
	hole   bool   // after a truncation: leading zero bytes were never written
}

const positionSize = 1 + 3*8 + 2*(2+8) + 8 + 1

func (p *position) encode() []byte {
	b := make([]byte, 0, positionSize)
	b = append(b, 1) // the form
	b = binary.LittleEndian.AppendUint64(b, p.inode)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.offset))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.mtime))
	b = binary.LittleEndian.AppendUint16(b, p.tail)
	b = binary.LittleEndian.AppendUint64(b, p.hash)
	b = binary.LittleEndian.AppendUint16(b, p.head)
	b = binary.LittleEndian.AppendUint64(b, p.begin)
	b = binary.LittleEndian.AppendUint64(b, p.before)
	flags := byte(0)
	if p.part {
		flags |= 1
	}
	if p.hole {
		flags |= 2
	}
	return append(b, flags)
}

// decodePosition reads what encode wrote; known is false of an empty one.
func decodePosition(b []byte) (p position, known bool, err error) {
	if len(b) == 0 {
		return p, false, nil
	}
	if len(b) != positionSize || b[0] != 1 || b[positionSize-1] > 3 {
		return p, false, fmt.Errorf("source: position of %d bytes, form %d: not one of a file", len(b), b[0])
	}
	u := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	p = position{inode: u(1), offset: int64(u(9)), mtime: int64(u(17)), hash: u(27), begin: u(37), before: u(45)}
	p.tail, p.head = binary.LittleEndian.Uint16(b[25:]), binary.LittleEndian.Uint16(b[35:])
	p.part, p.hole = b[53]&1 != 0, b[53]&2 != 0
	if p.offset < 0 || int64(p.tail) > p.offset || int64(p.head) > p.offset || p.tail > tailMax || p.head > tailMax {
		return p, false, fmt.Errorf("source: position: %d and %d bytes before offset %d", p.head, p.tail, p.offset)
	}
	return p, true, nil
}

func hashOf(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

// advance moves the position on; seen are the remembered bytes and those read after them.
func (p *position) advance(seen []byte, n int) {
	if p.offset == int64(p.tail) && p.head < tailMax { // what was seen begins with the file
		head := seen[:min(len(seen), tailMax)]
		p.head, p.begin = uint16(len(head)), hashOf(head)
	}
	p.offset += int64(n)
	last := seen[max(0, len(seen)-tailMax):]
	p.tail, p.hash = uint16(len(last)), hashOf(last)
	p.part = last[len(last)-1] != '\n'
	p.hole = false
}

// holds reports whether a file has the bytes before the position.
func (p *position) holds(file io.ReaderAt, size int64) bool {
	return size >= p.offset && same(file, p.offset-int64(p.tail), p.tail, p.hash)
}

// beginsLike reports whether a file begins like the one that was read: it is a copy.
func (p *position) beginsLike(file io.ReaderAt) bool {
	return p.head > 0 && same(file, 0, p.head, p.begin)
}

func same(file io.ReaderAt, at int64, n uint16, hash uint64) bool {
	b := make([]byte, n)
	got, _ := file.ReadAt(b, at) // a short read is another content
	return got == len(b) && (n == 0 || hashOf(b) == hash)
}
