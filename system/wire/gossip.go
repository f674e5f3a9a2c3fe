package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"weir/system/message"
	"weir/system/wire/weirv1"
)

// The limits of gossip, in bytes: those of system/distributor.
const (
	deltaMax = 4 << 20
	partMax  = 1_000_000
)

// PackGossip returns the wire form. It shares the part.
func PackGossip(m *message.Gossip) (*weirv1.GossipRequest, error) {
	return &weirv1.GossipRequest{Serial: m.Serial, Offset: m.Offset, Total: m.Total, Data: m.Data}, checkGossip(m)
}

// UnpackGossip returns what the wire form says. What is in the delta is for its receiver
// to judge.
func UnpackGossip(w *weirv1.GossipRequest) (*message.Gossip, error) {
	m := &message.Gossip{Serial: w.GetSerial(), Offset: w.GetOffset(), Total: w.GetTotal()}
	m.Data = w.GetData()
	if err := checkGossip(m); err != nil {
		return nil, err
	}
	m.Data = bytes.Clone(m.Data)
	return m, nil
}

func checkGossip(m *message.Gossip) error {
	var err error
	switch {
	case m.Serial == 0:
		err = invalid("serial is 0: they begin at 1")
	case len(m.Data) == 0:
		err = invalid("data is empty")
	case len(m.Data) > partMax:
		err = tooLarge("data", len(m.Data), partMax)
	case m.Total > deltaMax:
		err = tooLarge("total", int(m.Total), deltaMax)
	case uint64(m.Offset)+uint64(len(m.Data)) > uint64(m.Total):
		err = invalid("offset %d and %d bytes of data are beyond total %d", m.Offset, len(m.Data), m.Total)
	}
	if err != nil {
		return fmt.Errorf("gossip request: %w", err)
	}
	return nil
}

// PackGossipOK returns the wire form. It shares what was seen.
func PackGossipOK(m *message.GossipOK) (*weirv1.GossipResponse, error) {
	return &weirv1.GossipResponse{Serial: m.Serial, Seen: m.Seen, Why: m.Why}, checkGossipOK(m)
}

// UnpackGossipOK returns what the wire form says.
func UnpackGossipOK(w *weirv1.GossipResponse) (*message.GossipOK, error) {
	m := &message.GossipOK{Serial: w.GetSerial(), Why: w.GetWhy(), Seen: w.GetSeen()}
	if err := checkGossipOK(m); err != nil {
		return nil, err
	}
	m.Seen = clone(m.Seen)
	return m, nil
}

func checkGossipOK(m *message.GossipOK) error {
	err := checkText("why", m.Why, reasonMax)
	if len(m.Seen) > partMax {
		err = tooLarge("seen", len(m.Seen), partMax)
	}
	if err != nil {
		return fmt.Errorf("gossip response: %w", err)
	}
	return nil
}

// clone copies bytes; none are nil.
func clone(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}

// JSONGossip is a message.Gossip; Data is in base64.
type JSONGossip struct {
	Serial uint64 `json:"serial"`
	Offset uint32 `json:"offset"`
	Total  uint32 `json:"total"`
	Data   string `json:"data"`
}

// JSONGossipOK is a message.GossipOK; Seen is in base64.
type JSONGossipOK struct {
	Serial uint64 `json:"serial"`
	Seen   string `json:"seen,omitempty"`
	Why    string `json:"why,omitempty"`
}

// PackGossipJSON returns the JSON form.
func PackGossipJSON(m *message.Gossip) (JSONGossip, error) {
	return JSONGossip{m.Serial, m.Offset, m.Total, base64.StdEncoding.EncodeToString(m.Data)}, checkGossip(m)
}

// Unpack returns what the form says.
func (w *JSONGossip) Unpack() (*message.Gossip, error) {
	data, err := unbase64("data", w.Data)
	if err != nil {
		return nil, fmt.Errorf("gossip request: %w", err)
	}
	m := &message.Gossip{Serial: w.Serial, Offset: w.Offset, Total: w.Total, Data: data}
	return m, checkGossip(m)
}

// PackGossipOKJSON returns the JSON form.
func PackGossipOKJSON(m *message.GossipOK) (JSONGossipOK, error) {
	return JSONGossipOK{m.Serial, base64.StdEncoding.EncodeToString(m.Seen), m.Why}, checkGossipOK(m)
}

// Unpack returns what the form says.
func (w *JSONGossipOK) Unpack() (*message.GossipOK, error) {
	seen, err := unbase64("seen", w.Seen)
	if err != nil {
		return nil, fmt.Errorf("gossip response: %w", err)
	}
	m := &message.GossipOK{Serial: w.Serial, Seen: seen, Why: w.Why}
	return m, checkGossipOK(m)
}

// unbase64 reads bytes in the one form that they have; none are nil.
func unbase64(field, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, invalid("%s %s is not in base64", field, quote(text))
	}
	return b, nil
}
