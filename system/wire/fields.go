package wire

import "google.golang.org/protobuf/encoding/protowire"

// fields goes over the fields of one encoded message, as reader does, but keeps to what
// the streams' hot path needs: no texts, and one verdict instead of an error.
type fields struct {
	b   []byte
	at  int
	bad bool // the fields ended early

	tag    uint64 // of the field: number and wire type
	number uint64 // its value, if it is a number
	bytes  []byte // its value, if it is of the bytes type
}

// next goes to the next field. It returns false at the end and after a fault.
func (f *fields) next() bool {
	if f.at >= len(f.b) || f.bad {
		return false
	}
	f.tag = f.varint()
	if f.bad || f.tag>>3 == 0 || f.tag>>3 > uint64(protowire.MaxValidNumber) {
		return f.fault()
	}
	switch protowire.Type(f.tag & 7) {
	case protowire.VarintType:
		f.number = f.varint()
	case protowire.Fixed64Type:
		f.fixed(8)
	case protowire.Fixed32Type:
		f.fixed(4)
	case protowire.BytesType:
		n := f.varint()
		if f.bad || n > uint64(len(f.b)-f.at) {
			return f.fault()
		}
		end := f.at + int(n)
		f.bytes, f.at = f.b[f.at:end:end], end
	default: // nothing of weir's has groups
		return f.fault()
	}
	return !f.bad
}

func (f *fields) fault() bool {
	f.bad = true
	return false
}

func (f *fields) varint() uint64 {
	if f.at < len(f.b) && f.b[f.at] < 0x80 {
		f.at++
		return uint64(f.b[f.at-1])
	}
	v, n := protowire.ConsumeVarint(f.b[f.at:])
	if n < 0 {
		f.bad = true
		return 0
	}
	f.at += n
	return v
}

// fixed reads a little-endian number.
func (f *fields) fixed(n int) {
	if len(f.b)-f.at < n {
		f.bad = true
		return
	}
	f.number = 0
	for i := n - 1; i >= 0; i-- {
		f.number = f.number<<8 | uint64(f.b[f.at+i])
	}
	f.at += n
}
