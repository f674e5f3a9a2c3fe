package store

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// magic begins every frame. Its first two bytes never occur in UTF-8, and all
// texts in frames are valid UTF-8: no text can look like a frame.
const magic = "\xfe\xffw1"

// Kinds of frames.
const (
	kindCommit   byte = 'c' // one packet's effect
	kindProbe    byte = 'p' // nothing: shows that the path to the disk works
	kindSnapshot byte = 's' // the whole state after a commit number
	kindCopy     byte = 'S' // the same again
)

const (
	headSize  = len(magic) + 1 + 4 + 8 + 4 // magic, kind, body length, number, header checksum
	frameSize = headSize + 4               // with an empty body and its checksum
	numberAt  = len(magic) + 1 + 4         // where the number stands
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// beginFrame appends a frame's header with a length to be set by endFrame.
func beginFrame(b []byte, kind byte, number uint64) []byte {
	b = append(b, magic...)
	b = append(b, kind, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, number)
	return append(b, 0, 0, 0, 0)
}

// endFrame completes the frame that began at start.
func endFrame(b []byte, start int) []byte {
	head, body := b[start:start+headSize], b[start+headSize:]
	binary.LittleEndian.PutUint32(head[numberAt-4:], uint32(len(body)))
	sum := crc32.Checksum(head[:headSize-4], castagnoli)
	binary.LittleEndian.PutUint32(head[headSize-4:], sum)
	// The body's checksum goes on from the header's: no body fits another header.
	return binary.LittleEndian.AppendUint32(b, crc32.Update(sum, castagnoli, body))
}

// frame is one that was read back.
type frame struct {
	kind   byte
	number uint64
	body   []byte
}

// What readFrame finds at a place.
type found uint8

const (
	whole   found = iota // a sound frame
	torn                 // the beginning of one, cut off by the end of the file
	damaged              // something else
)

// readFrame reads the frame at the beginning of b. size is its length in bytes as
// its header says, 0 if the header is not sound.
func readFrame(b []byte) (f frame, size int, is found) {
	if len(b) < headSize {
		if bytes.HasPrefix(b, []byte(magic)) || bytes.HasPrefix([]byte(magic), b) {
			return frame{}, 0, torn
		}
		return frame{}, 0, damaged
	}
	head := b[:headSize]
	sum := crc32.Checksum(head[:headSize-4], castagnoli)
	if string(head[:len(magic)]) != magic || binary.LittleEndian.Uint32(head[headSize-4:]) != sum {
		return frame{}, 0, damaged
	}
	n := int(binary.LittleEndian.Uint32(head[numberAt-4:]))
	f = frame{kind: head[4], number: binary.LittleEndian.Uint64(head[numberAt:])}
	if len(b) < frameSize+n {
		return f, frameSize + n, torn
	}
	f.body = b[headSize : headSize+n]
	if crc32.Update(sum, castagnoli, f.body) != binary.LittleEndian.Uint32(b[headSize+n:]) {
		return f, frameSize + n, damaged
	}
	return f, frameSize + n, whole
}

// end says what was found in a file beside sound frames.
type end struct {
	known uint64 // the highest number that a damaged frame's sound header shows
	tail  []byte // what follows the last sound frame, from the first unsound header on
}

// scan calls take with every sound frame of a file, in order. Where one is
// damaged it looks for the next: what is in between costs time in proportion to
// its length and nothing else. What was cut off, by the end of the file or by the
// frame that was written after a failed append, is not damage: it was never
// acknowledged.
func scan(b []byte, take func(frame)) (e end) {
	tail := -1 // where the tail begins, as a distance from the end
	for len(b) > 0 {
		f, size, is := readFrame(b)
		if is == whole {
			take(f)
			b = b[size:]
			tail, e.tail = -1, nil
			continue
		}
		next := bytes.Index(b[1:], []byte(magic)) + 1
		reach := len(b)
		if next > 0 {
			reach = next
		}
		switch {
		case is == damaged && size > 0 && reach >= size:
			e.known = max(e.known, f.number)
			next = size // its head is sound: what follows begins there
		case is == damaged && size == 0 && reach >= frameSize:
			if tail < 0 {
				tail, e.tail = len(b), b
			}
		case is == torn && next == 0 && tail >= 0:
			e.tail = e.tail[:tail-len(b)]
		}
		if next == 0 {
			break
		}
		b = b[next:]
	}
	return e
}

// tries is how many commit numbers ahead are looked for in a damaged tail.
const tries = 16

// lastNumber estimates the highest commit number in a tail whose headers are not
// sound, given the highest one before it. It goes by the numbers that are still
// readable and by room: a frame of which nothing is readable counts as one.
func lastNumber(tail []byte, n uint64) uint64 {
	for len(tail) >= frameSize {
		at, step := -1, uint64(0)
		for at < 0 && step < tries {
			step++
			at = bytes.Index(tail[numberAt:], binary.LittleEndian.AppendUint64(nil, n+step))
			if at >= 0 && uint64(at/frameSize) < step-1 {
				at = -1 // no room before it for those in between: the number itself is damaged
			}
		}
		if at < 0 {
			return n + 1
		}
		n += step
		size := frameSize + int(binary.LittleEndian.Uint32(tail[at+numberAt-4:]))
		if at+size > len(tail) || !nearlyMagic(tail[at+size:]) {
			return n // its length is not readable: no telling what follows
		}
		tail = tail[at+size:]
	}
	return n
}

// nearlyMagic reports whether a frame may begin here, or nothing does.
func nearlyMagic(b []byte) bool {
	same := 0
	for i := 0; i < min(len(magic), len(b)); i++ {
		if b[i] == magic[i] {
			same++
		}
	}
	return same >= len(magic)-1 || len(b) == 0
}
