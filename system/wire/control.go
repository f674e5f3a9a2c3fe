package wire

import (
	"bytes"
	"fmt"

	"weir/system/message"
	"weir/system/wire/weirv1"
)

// PackControl returns the wire form. It shares the document.
func PackControl(m *message.Control) (*weirv1.ApplyRequest, error) {
	if len(m.Doc) > documentMax {
		return nil, fmt.Errorf("apply request: %w", tooLarge("document", len(m.Doc), documentMax))
	}
	return &weirv1.ApplyRequest{Document: m.Doc}, nil
}

// UnpackControl returns what the wire form says. What is in the document is for
// its receiver to judge.
func UnpackControl(w *weirv1.ApplyRequest) (*message.Control, error) {
	if n := len(w.GetDocument()); n > documentMax {
		return nil, fmt.Errorf("apply request: %w", tooLarge("document", n, documentMax))
	}
	return &message.Control{Doc: bytes.Clone(w.GetDocument())}, nil
}

// PackControlOK returns the wire form.
func PackControlOK(m *message.ControlOK) (*weirv1.ApplyResponse, error) {
	if err := checkText("why", m.Why, refusalMax); err != nil {
		return nil, fmt.Errorf("apply response: %w", err)
	}
	return &weirv1.ApplyResponse{Ok: m.OK, Version: m.Version, Why: m.Why}, nil
}

// UnpackControlOK returns what the wire form says.
func UnpackControlOK(w *weirv1.ApplyResponse) (*message.ControlOK, error) {
	if err := checkText("why", w.GetWhy(), refusalMax); err != nil {
		return nil, fmt.Errorf("apply response: %w", err)
	}
	return &message.ControlOK{OK: w.GetOk(), Version: w.GetVersion(), Why: w.GetWhy()}, nil
}
