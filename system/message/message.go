package message

import (
	"time"

	"weir/system/node"
	"weir/system/record"
)

// overhead is the size in bytes that every message has beside its payload.
const overhead = 48

// Submit gives a packet from an emitter to a distributor's ingress. The answer
// is a Result.
type Submit struct {
	Packet     *Packet
	AckedBelow uint64 // the source has an outcome for every lower sequence of this source and incarnation
}

// Outcome is what a distributor tells an emitter about a packet.
type Outcome uint8

// The outcomes of a submission.
const (
	Committed     Outcome = iota // an analyser committed and synced it
	Poisoned                     // an analyser refused it for good; it is in the dead-letter file
	GaveUp                       // attempts ended without success; try again
	RefusedSubmit                // not admitted; try again after Wait
	Spooled                      // on the distributor's own disk and synced: it will see to the rest
)

// String returns the outcome's name in the log.
func (o Outcome) String() string {
	return [...]string{"committed", "poison", "gave_up", "refused", "spooled"}[o]
}

// Result answers a Submit.
type Result struct {
	ID       ID
	Out      Outcome
	Why      string        // reason, empty for Committed
	Definite bool          // no attempt is open: the outcome cannot change any more
	Wait     time.Duration // RefusedSubmit, GaveUp: try again after this
}

// Dispatch gives a packet from a worker to an analyser. The answer is a Receipt.
type Dispatch struct {
	Packet     *Packet
	Attempt    uint32 // 1, 2, 3 ... of this worker for this packet
	AckedBelow uint64
}

// Status is what an analyser says of a dispatched packet.
type Status uint8

// The statuses of a receipt.
const (
	StCommitted   Status = iota // committed and synced now
	StDuplicate                 // committed and synced before
	StPoison                    // refused for good
	StBusy                      // no room; try again later
	StUnavailable               // the store cannot commit now
)

// String returns the status's name in the log.
func (s Status) String() string {
	return [...]string{"committed", "duplicate", "poison", "busy", "unavailable"}[s]
}

// Receipt answers a Dispatch.
type Receipt struct {
	ID      ID
	Attempt uint32
	Status  Status
	Why     string
}

// Probe asks whether a node is ready for traffic. The answer is a ProbeOK.
type Probe struct{ Number uint64 }

// ProbeOK answers a Probe.
type ProbeOK struct {
	Number uint64
	Ready  bool // false: alive, but do not send data
}

// Control carries a raw configuration document, which the receiver validates.
// The answer is a ControlOK.
type Control struct{ Doc []byte }

// ControlOK answers a Control.
type ControlOK struct {
	OK      bool
	Version uint64 // the version in force after it
	Why     string // why it was refused
}

// Name, Class, Size and Describe make the types node.Messages.

func (*Submit) Name() string      { return "submit" }
func (*Submit) Class() node.Class { return node.ClassData }

// Size counts the payload.
func (m *Submit) Size() int { return overhead + m.Packet.Bytes }

// Describe logs identity, size and hash.
func (m *Submit) Describe(ln *record.Line) { describePacket(ln, m.Packet).Uint("lo", m.AckedBelow) }

// Carries is the packet on board: what handles the message pays for it.
func (m *Submit) Carries() *Packet { return m.Packet }

func describePacket(ln *record.Line, p *Packet) *record.Line {
	return p.ID.Log(ln).Int("n", int64(p.Count())).Int("b", int64(p.Bytes)).Hex32("h", p.Hash)
}

func (*Result) Name() string      { return "result" }
func (*Result) Class() node.Class { return node.ClassAck }

// Size is fixed but for the reason.
func (m *Result) Size() int { return overhead + len(m.Why) }

// Describe logs the outcome.
func (m *Result) Describe(ln *record.Line) {
	m.ID.Log(ln).Str("out", m.Out.String())
	if m.Why != "" {
		ln.Str("why", m.Why)
	}
	ln.Bool("def", m.Definite)
	if m.Wait != 0 {
		ln.Dur("wait", m.Wait)
	}
}

func (*Dispatch) Name() string      { return "packet" }
func (*Dispatch) Class() node.Class { return node.ClassData }

// Size counts the payload.
func (m *Dispatch) Size() int { return overhead + m.Packet.Bytes }

// Carries is the packet on board: what handles the message pays for it.
func (m *Dispatch) Carries() *Packet { return m.Packet }

// Describe logs identity, size, hash and attempt.
func (m *Dispatch) Describe(ln *record.Line) {
	describePacket(ln, m.Packet).Uint("att", uint64(m.Attempt)).Uint("lo", m.AckedBelow)
}

func (*Receipt) Name() string      { return "receipt" }
func (*Receipt) Class() node.Class { return node.ClassAck }

// Size is fixed but for the reason.
func (m *Receipt) Size() int { return overhead + len(m.Why) }

// Describe logs the status.
func (m *Receipt) Describe(ln *record.Line) {
	m.ID.Log(ln).Uint("att", uint64(m.Attempt)).Str("st", m.Status.String())
}

func (*Probe) Name() string      { return "probe" }
func (*Probe) Class() node.Class { return node.ClassProbe }

// Size is fixed.
func (*Probe) Size() int { return overhead }

// Describe logs the number.
func (m *Probe) Describe(ln *record.Line) { ln.Uint("pn", m.Number) }

func (*ProbeOK) Name() string      { return "probe_ok" }
func (*ProbeOK) Class() node.Class { return node.ClassProbe }

// Size is fixed.
func (*ProbeOK) Size() int { return overhead }

// Describe logs the number and readiness.
func (m *ProbeOK) Describe(ln *record.Line) { ln.Uint("pn", m.Number).Bool("ready", m.Ready) }

// controlShown is how many bytes of a control document a record shows.
const controlShown = 4096

func (*Control) Name() string      { return "control" }
func (*Control) Class() node.Class { return node.ClassControl }

// Size counts the document.
func (m *Control) Size() int { return overhead + len(m.Doc) }

// Describe logs the document's beginning.
func (m *Control) Describe(ln *record.Line) { ln.Cut("doc", string(m.Doc), controlShown) }

func (*ControlOK) Name() string      { return "control_ok" }
func (*ControlOK) Class() node.Class { return node.ClassControl }

// Size is fixed but for the reason.
func (m *ControlOK) Size() int { return overhead + len(m.Why) }

// Describe logs the answer.
func (m *ControlOK) Describe(ln *record.Line) {
	ln.Bool("ok", m.OK).Uint("ver", m.Version).Cut("why", m.Why, 512)
}
