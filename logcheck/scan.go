package logcheck

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// ParseError says where a line breaks the form of FORMAT.md.
type ParseError struct {
	// File is the path below the run's directory.
	File string
	// Line and Col count from 1; Col is in bytes.
	Line, Col int
	// Msg says what is wrong.
	Msg string
}

// Error returns file:line:column: message, safe to print.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", Sanitise(e.File), e.Line, e.Col, Sanitise(e.Msg))
}

// scanner reads one line into a Record. It goes through the bytes once, keeps
// values as offsets and allocates nothing unless the line is wrong or has escapes.
type scanner struct {
	b     []byte // the line without its newline
	pos   int
	clean bool // b holds only printable ASCII and no backslash
	rec   *Record
	last  Key    // the key parsed last
	msg   string // what went wrong, at pos
}

// fieldsMax bounds the keys that FORMAT.md does not define in one x_ record.
const fieldsMax = 256

// scanLine parses line, without its newline, into r. On failure the column (from
// 1) and the reason are given and r must not be used.
func scanLine(r *Record, line []byte, faults bool) (col int, msg string) {
	s := scanner{b: line, rec: r, clean: isClean(line)}
	r.reset(line)
	if s.head(faults) && s.fields() {
		if err := r.checkKeys(); err != nil {
			return 1, err.Error()
		}
		return 0, ""
	}
	return s.pos + 1, s.msg
}

func (r *Record) reset(line []byte) {
	r.has = [2]uint64{}
	r.extras = r.extras[:0]
	r.scratch = r.scratch[:0]
	r.line = line
	r.Msg, r.Class, r.idOK, r.Pkt, r.Sent = MsgNone, 0, false, nil, nil
}

// isClean reports whether every byte is in 0x20..0x7e and no backslash, eight at
// a time.
func isClean(b []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	var bad uint64
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		y := x ^ '\\'*ones
		bad |= x | (x-0x20*ones)&^x | x + ones | (y-ones)&^y
	}
	if bad&high != 0 {
		return false
	}
	for _, c := range b {
		if c < 0x20 || c > 0x7e || c == '\\' {
			return false
		}
	}
	return true
}

func (s *scanner) fail(msg string) bool {
	if s.msg == "" {
		s.msg = msg
	}
	return false
}

// literal consumes text or fails.
func (s *scanner) literal(text string) bool {
	if len(s.b)-s.pos < len(text) || string(s.b[s.pos:s.pos+len(text)]) != text {
		return s.fail("expected " + text)
	}
	s.pos += len(text)
	return true
}

// head parses the six common keys, which stand first and in order.
func (s *scanner) head(faults bool) bool {
	r := s.rec
	if !s.literal(`{"k":`) || !s.value(KeyK, wantName) {
		return false
	}
	kind := r.Bytes(KeyK)
	if r.Kind = lookupKind(kind, faults); r.Kind == KindNone {
		return s.fail(fmt.Sprintf("unknown kind %q", kind))
	}
	if !s.literal(`,"a":`) || !s.value(KeyA, wantName) ||
		!s.literal(`,"s":`) || !s.value(KeyS, wantUint) ||
		!s.literal(`,"t":`) || !s.value(KeyT, wantUint) ||
		!s.literal(`,"m":`) || !s.value(KeyM, wantUint) ||
		!s.literal(`,"g":`) || !s.value(KeyG, wantUint) {
		return false
	}
	r.Actor = r.Sym(KeyA)
	r.Seq, r.T, r.M, r.G = r.vals[KeyS].num, int64(r.vals[KeyT].num), int64(r.vals[KeyM].num), r.vals[KeyG].num
	if r.T < 0 || r.M < 0 {
		return s.fail("time above 2^63-1")
	}
	return true
}

// fields parses what follows the six keys, to the end of the line.
func (s *scanner) fields() bool {
	sch := &kindTable[s.rec.Kind]
	for s.pos < len(s.b) && s.b[s.pos] == ',' {
		s.pos++
		if !s.field(sch) {
			return false
		}
	}
	if s.pos >= len(s.b) || s.b[s.pos] != '}' {
		return s.fail("expected , or }")
	}
	if s.pos++; s.pos != len(s.b) {
		return s.fail("text after the object")
	}
	return true
}

// field parses one key and its value. The keys of a kind come in the same order
// nearly always, so the key that followed the last one before is tried first.
func (s *scanner) field(sch *schema) bool {
	memo := &s.rec.next[s.rec.Kind][s.last]
	if text := keyQuoted[*memo]; *memo != KeyNone && len(s.b)-s.pos > len(text) && string(s.b[s.pos:s.pos+len(text)]) == text && !s.rec.Has(*memo) {
		s.last = *memo
		s.pos += len(text)
		return s.value(s.last, sch.want[s.last])
	}
	start := s.pos + 1
	if s.pos >= len(s.b) || s.b[s.pos] != '"' {
		return s.fail("expected a key")
	}
	end := start
	for end < len(s.b) && keyByte[s.b[end]] {
		end++
	}
	if n := end - start; n == 0 || n > 16 || end+1 >= len(s.b) || s.b[end] != '"' || s.b[end+1] != ':' {
		return s.fail("a key is 1 to 16 of a-z 0-9 _")
	}
	key := lookupKey(s.b[start:end])
	if key == KeyNone || sch.want[key] == wantNone {
		return s.unknown(start, end)
	}
	if s.rec.Has(key) {
		return s.fail("duplicate key " + keyText[key])
	}
	s.pos = end + 2
	*memo, s.last = key, key
	return s.value(key, sch.want[key])
}

// keyQuoted are the keys as they stand in a line, with quotes and colon.
var keyQuoted = func() (t [keyCount]string) {
	for k := KeyK; k < keyCount; k++ {
		t[k] = `"` + keyText[k] + `":`
	}
	return t
}()

// unknown handles a key that FORMAT.md does not define for the kind: an error
// except in x_ kinds.
func (s *scanner) unknown(start, end int) bool {
	r := s.rec
	name := s.b[start:end]
	if r.Kind != KindX {
		return s.fail(fmt.Sprintf("unknown key %q in %s", name, r.Kind))
	}
	for i := range r.extras {
		if e := &r.extras[i]; bytes.Equal(s.b[e.off:e.off+e.len], name) {
			return s.fail("duplicate key")
		}
	}
	if len(r.extras) == fieldsMax {
		return s.fail("too many keys")
	}
	s.pos = end + 2
	e := extra{off: uint32(start), len: uint32(end - start)}
	ok := s.any(&e.val)
	r.extras = append(r.extras, e)
	return ok
}

var keyByte = func() (t [256]bool) {
	for c := 0; c < 256; c++ {
		t[c] = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	return t
}()
