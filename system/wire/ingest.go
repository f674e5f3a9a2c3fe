package wire

import (
	"fmt"
	"time"

	"weir/system/message"
	"weir/system/wire/weirv1"
)

// The wire's enums begin with an unspecified value that weir never sends; after
// it they follow those of package message.

// PackSubmit returns the wire form, without a head, as all Pack functions do.
func PackSubmit(m *message.Submit) (*weirv1.Submission, error) {
	p, err := PackPacket(m.Packet)
	if err != nil {
		return nil, fmt.Errorf("submission: %w", err)
	}
	return &weirv1.Submission{Packet: p, AckedBelow: m.AckedBelow}, nil
}

// UnpackSubmit returns what the wire form says, with a sealed packet. No Unpack function looks at the
// head or keeps anything of the wire form's bytes.
func UnpackSubmit(w *weirv1.Submission) (*message.Submit, error) {
	id, raw, err := ofTypes(w.GetPacket())
	var p *message.Packet
	if err == nil {
		p, err = sealPacket(new(message.Hasher), id, raw)
	}
	if err != nil {
		return nil, fmt.Errorf("submission: %w", err)
	}
	return &message.Submit{Packet: p, AckedBelow: w.GetAckedBelow()}, nil
}

// PackResult returns the wire form.
func PackResult(m *message.Result) (*weirv1.SubmitResult, error) {
	id, err := packID(m.ID)
	if err == nil {
		err = checkResult(m)
	}
	if err != nil {
		return nil, fmt.Errorf("submit result: %w", err)
	}
	return &weirv1.SubmitResult{
		Id: id, Outcome: weirv1.Outcome(m.Out) + 1, Why: m.Why, Definite: m.Definite, WaitNano: uint64(m.Wait),
	}, nil
}

// UnpackResult returns what the wire form says.
func UnpackResult(w *weirv1.SubmitResult) (*message.Result, error) {
	id, err := unpackID(w.GetId())
	out := w.GetOutcome() - 1
	switch {
	case err != nil:
	case out < 0 || out > weirv1.Outcome(message.Spooled):
		err = invalid("outcome %d is not 1 to %d", w.GetOutcome(), message.Spooled+1)
	case w.GetWaitNano() > uint64(waitMax):
		err = invalid("wait_nano %d is more than %d", w.GetWaitNano(), uint64(waitMax))
	}
	m := &message.Result{ID: id, Out: message.Outcome(out), Why: w.GetWhy(), Definite: w.GetDefinite(), Wait: time.Duration(w.GetWaitNano())}
	if err == nil {
		err = checkResult(m)
	}
	if err != nil {
		return nil, fmt.Errorf("submit result: %w", err)
	}
	return m, nil
}

func checkResult(m *message.Result) error {
	if m.Out > message.Spooled {
		return invalid("outcome %d is not 0 to %d", uint8(m.Out), message.Spooled)
	}
	if m.Wait < 0 || m.Wait > waitMax {
		return invalid("wait %v is not 0 to %v", m.Wait, waitMax)
	}
	return checkText("why", m.Why, reasonMax)
}
