package detect

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// State is a verdict on an analyser.
type State uint8

// The verdicts.
const (
	Up State = iota
	Down
)

// String returns the verdict's name in the log.
func (s State) String() string {
	switch s {
	case Up:
		return "up"
	case Down:
		return "down"
	}
	return "invalid"
}

// Cause says why a verdict changed.
type Cause uint8

// The causes of a change.
const (
	CauseNone      Cause = iota
	CauseProbe           // consecutive probes failed
	CauseData            // consecutive packets failed
	CausePhi             // the silence became improbable
	CauseRefused         // a connection was refused, and RefusedDown is set
	CauseRecovered       // enough probes, and the data probe if one was needed, succeeded
)

var causeNames = []string{"none", "probe", "data", "phi", "refused", "recovered"}

// String returns the cause's name in the log.
func (c Cause) String() string {
	if int(c) >= len(causeNames) {
		return "invalid"
	}
	return causeNames[c]
}

// Reason says how a probe or a packet failed.
type Reason uint8

// The reasons. Unsent is no evidence: the observer itself could not send.
const (
	Timeout     Reason     = iota + 1 // no answer in time
	Refused                           // nobody listens there
	Reset                             // the connection broke
	NotReady                          // answered: cannot serve now (for packets: unavailable)
	Unsent                            // never left the observer
	Unavailable = NotReady            // the same, as a receipt says it
)

// Result is what a probe counted as.
type Result uint8

// The results of a probe.
const (
	ResultNone     Result = iota
	ResultOK              // answered in time, ready
	ResultNotReady        // answered, not ready: counts as failed
	ResultTimeout         // no answer in time
	ResultRefused         // connection refused
	ResultReset           // connection broke
	ResultIgnored         // does not count: own pause, unsent, or another incarnation
	Results               // how many there are
)

var resultNames = []string{"none", "ok", "not_ready", "timeout", "refused", "reset", "ignored"}

// String returns the result's name in the log.
func (r Result) String() string {
	if int(r) >= len(resultNames) {
		return "invalid"
	}
	return resultNames[r]
}

// Send says which kind of probe to send now.
type Send uint8

// The kinds of probes.
const (
	SendNothing   Send = iota
	SendProbe          // a health probe
	SendDataProbe      // an empty packet through the data and commit path
)

// Output is what a call asks for and what it changed. The zero Output: nothing.
// A caller logs Counted first, then Change, then sends.
type Output struct {
	Send   Send   // what to send now, with Number
	Number uint64 // number of the probe to send: 1, 2, ... over both kinds

	Counted       Result // result of the probe that this call settled
	CountedNumber uint64 // its number
	CountedData   bool   // it was a data probe

	Changed bool   // the verdict changed, as Change says
	Change  Change // valid if Changed

	Gap time.Duration // > 0: the observer was paused; how late its timer was
}

// Change is a change of the verdict.
type Change struct {
	From, To    State
	Cause       Cause
	Failures    int    // consecutive failures that led to it (of packets if Cause is data)
	Successes   int    // consecutive answered probes that led to it, data probes not counted
	DataProbe   bool   // a data probe succeeded
	Incarnation uint32 // of the analyser, as last seen; 0: unknown
}

// Detector watches one analyser for one observer. Times never decrease from
// call to call; a number that is not the outstanding probe's is ignored. After
// each call the worker reads Next again.
type Detector interface {
	// State is the present verdict.
	State() State

	// Incarnation is that of the analyser as last seen, 0 if unknown.
	Incarnation() uint32

	// Next is when Tick is due.
	Next() time.Duration

	// Tick handles what is due at now: a probe's deadline, the next probe, a
	// silence that became too long. Early calls do nothing.
	Tick(now time.Duration) Output

	// ProbeReply: health probe number was answered by that incarnation.
	ProbeReply(now time.Duration, number uint64, incarnation uint32, ready bool) Output

	// ProbeFailed: the health probe or data probe of that number failed, as the
	// transport reports it. The deadline itself needs no call.
	ProbeFailed(now time.Duration, number uint64, why Reason) Output

	// DataProbeOK: data probe number was committed by that incarnation (0 if
	// the receipt does not tell).
	DataProbeOK(now time.Duration, number uint64, incarnation uint32) Output

	// DataOK: a packet was answered, whatever the answer says about the packet,
	// by that incarnation (0 if unknown).
	DataOK(now time.Duration, incarnation uint32) Output

	// DataFailed: a packet sent at that time failed.
	DataFailed(now, sent time.Duration, why Reason) Output

	// Resumed: the observer noticed, other than by this detector's Gap, that it was
	// paused until now. Timeouts of what was sent before count no more. The Output
	// reports no Gap.
	Resumed(now time.Duration) Output
}

// New returns the configured detector, started at now, or what Config.Validate
// reports. It keeps rng, which nothing else may use. The first probe is due at a
// random time within one interval, so that observers do not probe in step.
func New(c Config, now time.Duration, rng *rand.Rand) (Detector, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if rng == nil {
		return nil, fmt.Errorf("detect: a detector needs a random stream")
	}
	base := newCore(c, now, rng)
	if c.Kind == Phi {
		return newPhi(base, now), nil
	}
	return &threshold{core: base}, nil
}
