package wire

import (
	"fmt"

	"weir/system/message"
	"weir/system/wire/weirv1"
)

// PackDispatch returns the wire form.
func PackDispatch(m *message.Dispatch) (*weirv1.Dispatch, error) {
	p, err := PackPacket(m.Packet)
	if err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	return &weirv1.Dispatch{Packet: p, Attempt: m.Attempt, AckedBelow: m.AckedBelow}, nil
}

// UnpackDispatch returns what the wire form says.
func UnpackDispatch(w *weirv1.Dispatch) (*message.Dispatch, error) {
	p, err := UnpackPacket(w.GetPacket())
	if err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	return &message.Dispatch{Packet: p, Attempt: w.GetAttempt(), AckedBelow: w.GetAckedBelow()}, nil
}

// PackReceipt returns the wire form.
func PackReceipt(m *message.Receipt) (*weirv1.Receipt, error) {
	if err := checkReceipt(m); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	id, err := packID(m.ID)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return &weirv1.Receipt{Id: id, Attempt: m.Attempt, Status: weirv1.Status(m.Status) + 1, Why: m.Why}, nil
}

// UnpackReceipt returns what the wire form says.
func UnpackReceipt(w *weirv1.Receipt) (*message.Receipt, error) {
	id, err := unpackID(w.GetId())
	st := w.GetStatus() - 1
	if err == nil && (st < 0 || st > weirv1.Status(message.StUnavailable)) {
		err = invalid("status %d is not 1 to %d", w.GetStatus(), message.StUnavailable+1)
	}
	if err == nil {
		err = checkText("why", w.GetWhy(), reasonMax)
	}
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return &message.Receipt{ID: id, Attempt: w.GetAttempt(), Status: message.Status(st), Why: w.GetWhy()}, nil
}

// PackProbe returns the wire form.
func PackProbe(m *message.Probe) *weirv1.Probe { return &weirv1.Probe{Number: m.Number} }

// UnpackProbe returns what the wire form says.
func UnpackProbe(w *weirv1.Probe) *message.Probe { return &message.Probe{Number: w.GetNumber()} }

// PackProbeOK returns the wire form.
func PackProbeOK(m *message.ProbeOK) *weirv1.ProbeResult {
	return &weirv1.ProbeResult{Number: m.Number, Ready: m.Ready}
}

// UnpackProbeOK returns what the wire form says.
func UnpackProbeOK(w *weirv1.ProbeResult) *message.ProbeOK {
	return &message.ProbeOK{Number: w.GetNumber(), Ready: w.GetReady()}
}
