package wire

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
)

// The tags of Probe and ProbeResult, beside the head's.
const (
	tagNumber = 2<<3 | uint64(protowire.VarintType)
	tagReady  = 3<<3 | uint64(protowire.VarintType)
)

// AppendProbe appends an item of a ProbeRequest.
func AppendProbe(b []byte, h Head, m *message.Probe) ([]byte, error) {
	return appendProbe(b, h, m.Number, 0)
}

// AppendProbeOK appends an item of a ProbeResponse.
func AppendProbeOK(b []byte, h Head, m *message.ProbeOK) ([]byte, error) {
	ready := uint64(0)
	if m.Ready {
		ready = 1
	}
	return appendProbe(b, h, m.Number, ready)
}

// AppendUnhandledProbe appends the word that nobody handles a probe: number 0.
func AppendUnhandledProbe(b []byte, h Head) ([]byte, error) { return appendProbe(b, h, 0, 0) }

func appendProbe(b []byte, h Head, number, ready uint64) ([]byte, error) {
	b = appendHead(beginItem(b, headSize(h)+numberSize(number)+numberSize(ready)), h)
	return appendNumber(appendNumber(b, tagNumber, number), tagReady, ready), h.check()
}

// Probe decodes an item of a ProbeRequest.
func (r *Reader) Probe(item []byte) (Head, *message.Probe, error) {
	h, number, _, err := r.probe(item)
	return h, &message.Probe{Number: number}, err
}

// ProbeOK decodes an item of a ProbeResponse; nil says that nobody handles the probe.
func (r *Reader) ProbeOK(item []byte) (Head, *message.ProbeOK, error) {
	h, number, ready, err := r.probe(item)
	if err != nil || number == 0 {
		return h, nil, err
	}
	return h, &message.ProbeOK{Number: number, Ready: ready}, nil
}

func (r *Reader) probe(item []byte) (h Head, number uint64, ready bool, err error) {
	var head []byte
	f := fields{b: item}
	for f.next() && err == nil {
		switch f.tag {
		case tagHead:
			err = once("head", head)
			head = f.bytes
		case tagNumber:
			number = f.number
		case tagReady:
			ready = f.number != 0
		}
	}
	if err == nil {
		err = malformed("probe", &f)
	}
	if err == nil {
		h, err = r.head(head)
	}
	if err != nil {
		err = fmt.Errorf("probe: %w", err)
	}
	return h, number, ready, err
}
