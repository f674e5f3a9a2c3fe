package logcheck

import (
	"errors"
	"strconv"
)

// PacketID names a packet: the source (interned) and incarnation that cut it and
// the source's sequence number from 1. It is comparable and 16 bytes long.
type PacketID struct {
	Source Sym
	Inc    uint32
	Seq    uint64
}

// errID is what is wrong with every malformed id.
var errID = errors.New("packet id is not source/incarnation/sequence")

// Text returns the id as it is written in the log.
func (id PacketID) Text(n *Names) string {
	return n.Name(id.Source) + "/" + strconv.FormatUint(uint64(id.Inc), 10) + "/" + strconv.FormatUint(id.Seq, 10)
}

// parseID reads source/inc/seq: a name, a decimal incarnation below 2^32 and a
// decimal sequence, without leading zeros.
func parseID(b []byte, n *Names) (PacketID, error) {
	i := 0
	for i < len(b) && b[i] != '/' {
		if !nameByte[b[i]] {
			return PacketID{}, errID
		}
		i++
	}
	if i == 0 || i > 64 || i == len(b) {
		return PacketID{}, errID
	}
	inc, rest, ok := parseDecimal(b[i+1:])
	if !ok || inc > 1<<32-1 || len(rest) < 2 || rest[0] != '/' {
		return PacketID{}, errID
	}
	seq, rest, ok := parseDecimal(rest[1:])
	if !ok || len(rest) != 0 {
		return PacketID{}, errID
	}
	return PacketID{Source: n.Intern(b[:i]), Inc: uint32(inc), Seq: seq}, nil
}

// parseDecimal reads the digits at the start of b, at most 19 of them and no
// leading zero, and returns what follows.
func parseDecimal(b []byte) (v uint64, rest []byte, ok bool) {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	if i == 0 || i > 19 || b[0] == '0' && i > 1 {
		return 0, b, false
	}
	return v, b[i:], true
}
