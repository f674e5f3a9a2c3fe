package message

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weir/system/node"
	"weir/system/record"
)

// ProbeSource is the source of the ids of data probes: empty packets that take
// the whole data and commit path to show that it works.
const ProbeSource = "probe"

// MessagesMax is the largest number of messages that a packet may be configured
// to hold.
const MessagesMax = 1 << 20

// ID identifies a packet for ever: the source that cut it, that source's
// incarnation, and a sequence number from 1.
type ID struct {
	Source string
	Inc    uint32
	Seq    uint64
}

// String returns the id as source/inc/seq.
func (id ID) String() string {
	return id.Source + "/" + strconv.FormatUint(uint64(id.Inc), 10) + "/" + strconv.FormatUint(id.Seq, 10)
}

// Log appends the id under the key "id".
func (id ID) Log(ln *record.Line) *record.Line { return ln.Packet("id", id.Source, id.Inc, id.Seq) }

// ParseID reads the form that String writes.
func ParseID(s string) (ID, error) {
	source, rest, ok1 := strings.Cut(s, "/")
	incText, seqText, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 || !node.ValidName(source) {
		return ID{}, fmt.Errorf("packet id %q: want source/inc/seq", s)
	}
	inc, err := strconv.ParseUint(incText, 10, 32)
	if err != nil {
		return ID{}, fmt.Errorf("packet id %q: incarnation: %w", s, err)
	}
	seq, err := strconv.ParseUint(seqText, 10, 64)
	if err != nil || seq == 0 {
		return ID{}, fmt.Errorf("packet id %q: sequence must be a positive integer", s)
	}
	return ID{source, uint32(inc), seq}, nil
}

// Severity is a log level, numbered as in OpenTelemetry: 1-4 trace, 5-8 debug,
// 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal; 0 unknown.
type Severity uint8

// The first number of each level.
const (
	Unknown Severity = 0
	Trace   Severity = 1
	Debug   Severity = 5
	Info    Severity = 9
	Warn    Severity = 13
	Error   Severity = 17
	Fatal   Severity = 21
)

// String returns the level's short name.
func (s Severity) String() string {
	if s == Unknown || s > 24 {
		return "unknown"
	}
	return [...]string{"trace", "debug", "info", "warn", "error", "fatal"}[(s-1)/4]
}

// Attribute is one key with its value.
type Attribute struct{ Key, Value string }

// Entry is one log message.
type Entry struct {
	Time     int64    // Unix nanoseconds, 0 if the line had none that could be recognised
	Severity Severity // 0 if unknown
	Source   string   // what wrote it: a file or a service name
	Text     string   // the line as it was
	Attrs    []Attribute
}

// Size is the entry's size in bytes: texts plus a fixed part.
func (e *Entry) Size() int {
	n := 16 + len(e.Source) + len(e.Text)
	for _, a := range e.Attrs {
		n += len(a.Key) + len(a.Value)
	}
	return n
}

// Packet is what travels and is never split. Create one with NewPacket; after
// that it must not change.
type Packet struct {
	ID      ID
	Entries []Entry // nil if the packet is sealed
	Hash    uint32  // CRC-32C of the entries, see HashEntries
	Bytes   int     // sum of the entries' sizes
	Sealed  Sealed  // the entries of a packet that nobody needed to decode; nil: Entries has them
}

// Sealed is the entries of a packet as they came, checked and still encoded: who only
// passes a packet on needs no more of them. What it holds must not change.
type Sealed interface {
	Count() int
	// Open decodes the entries, each time anew.
	Open() []Entry
}

// Count is the number of entries.
func (p *Packet) Count() int {
	if p.Sealed != nil {
		return p.Sealed.Count()
	}
	return len(p.Entries)
}

// Open returns the entries of any packet, decoded if need be.
func (p *Packet) Open() []Entry {
	if p.Sealed != nil {
		return p.Sealed.Open()
	}
	return p.Entries
}

// NewPacket returns a packet with its hash and size. Who makes many uses a Hasher.
func NewPacket(id ID, entries []Entry) *Packet { return new(Hasher).NewPacket(id, entries) }

// ErrHash says that a packet's entries do not match its hash.
var ErrHash = errors.New("payload does not match its hash")

// Verify recomputes the hash. Who verifies many uses a Hasher.
func (p *Packet) Verify() error { return new(Hasher).Verify(p) }
