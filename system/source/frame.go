package source

import (
	"encoding/binary"
	"hash/crc32"
)

// A segment of a spool is a file of frames: a head of headSize bytes (magic, the stream
// offset of the payload, the lengths of position and payload, a checksum over all of
// the frame but itself, begun with the spool's id), the position, the payload. With the
// id in it, no log line can look like a frame.
const (
	frameMagic  = "wsp1"
	headSize    = 24
	positionMax = 1 << 10 // bytes
	payloadMax  = 2 << 20 // bytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is one frame; position and payload are parts of the bytes that it was read from.
type frame struct {
	offset   int64 // of the payload in the stream
	position []byte
	payload  []byte
}

func appendFrame(b []byte, id string, f frame) []byte {
	start := len(b)
	b = append(b, frameMagic...)
	b = binary.LittleEndian.AppendUint64(b, uint64(f.offset))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.position)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.payload)))
	b = append(b, 0, 0, 0, 0)
	b = append(b, f.position...)
	b = append(b, f.payload...)
	binary.LittleEndian.PutUint32(b[start+20:], checksum(id, b[start:]))
	return b
}

// checksum is that of a whole frame.
func checksum(id string, b []byte) uint32 {
	sum := crc32.Update(0, castagnoli, []byte(id))
	sum = crc32.Update(sum, castagnoli, b[:20])
	return crc32.Update(sum, castagnoli, b[headSize:])
}

// frameSize is the size of the frame that begins with a head, 0 if it is none.
func frameSize(head []byte) int {
	if len(head) < headSize || string(head[:4]) != frameMagic {
		return 0
	}
	position, payload := binary.LittleEndian.Uint32(head[12:]), binary.LittleEndian.Uint32(head[16:])
	if position > positionMax || payload > payloadMax {
		return 0
	}
	return headSize + int(position) + int(payload)
}

// headSpan is where the payload of a frame with that head lies in the stream.
func headSpan(head []byte) (offset, length int64) {
	return int64(binary.LittleEndian.Uint64(head[4:])), int64(binary.LittleEndian.Uint32(head[16:]))
}

// readFrame reads the frame at the beginning of b and returns its size, 0 if there is
// no sound one.
func readFrame(b []byte, id string) (f frame, size int) {
	size = frameSize(b)
	if size == 0 || len(b) < size || binary.LittleEndian.Uint32(b[20:]) != checksum(id, b[:size]) {
		return frame{}, 0
	}
	f.offset = int64(binary.LittleEndian.Uint64(b[4:]))
	n := headSize + int(binary.LittleEndian.Uint32(b[12:]))
	f.position, f.payload = b[headSize:n], b[n:size]
	if f.offset < 0 {
		return frame{}, 0
	}
	return f, size
}
