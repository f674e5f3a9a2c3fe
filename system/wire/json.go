package wire

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"weir/system/message"
)

// The messages' JSON forms. Their fields have the names of the protobuf schema, but an
// id is one text, as in the log.

// JSONPacket is a packet and what its source says beside it.
type JSONPacket struct {
	ID         string      `json:"id"`                       // source/incarnation/sequence
	AckedBelow uint64      `json:"acked_below,omitempty"`    // see message.Submit
	CRC        string      `json:"entries_crc32c,omitempty"` // eight hexadecimal digits; empty: not checked
	Entries    []JSONEntry `json:"entries"`
}

// JSONEntry is one log message.
type JSONEntry struct {
	Time     int64           `json:"time_unix_nano,omitempty"`
	Severity uint8           `json:"severity_number,omitempty"`
	Source   string          `json:"source,omitempty"`
	Body     string          `json:"body,omitempty"`
	Attrs    []JSONAttribute `json:"attributes,omitempty"`
}

// JSONAttribute is one key with its value.
type JSONAttribute struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
}

// JSONDispatch is a message.Dispatch.
type JSONDispatch struct {
	Packet  JSONPacket `json:"packet"`
	Attempt uint32     `json:"attempt,omitempty"`
}

// JSONResult is a message.Result.
type JSONResult struct {
	ID       string `json:"id"`
	Outcome  string `json:"outcome"` // committed, poison, gave_up, refused, spooled
	Why      string `json:"why,omitempty"`
	Definite bool   `json:"definite,omitempty"`
	WaitNano uint64 `json:"wait_nano,omitempty"`
}

// JSONReceipt is a message.Receipt.
type JSONReceipt struct {
	ID      string `json:"id"`
	Attempt uint32 `json:"attempt,omitempty"`
	Status  string `json:"status"` // committed, duplicate, poison, busy, unavailable
	Why     string `json:"why,omitempty"`
}

// JSONProbe is a message.Probe.
type JSONProbe struct {
	Number uint64 `json:"number"`
}

// JSONProbeOK is a message.ProbeOK.
type JSONProbeOK struct {
	Number uint64 `json:"number"`
	Ready  bool   `json:"ready"`
}

// JSONControlOK is a message.ControlOK.
type JSONControlOK struct {
	OK      bool   `json:"ok"`
	Version uint64 `json:"version"`
	Why     string `json:"why,omitempty"`
}

// PackSubmitJSON returns the JSON form, as all these Pack functions do.
func PackSubmitJSON(m *message.Submit) (JSONPacket, error) {
	return packPacketJSON(m.Packet, m.AckedBelow)
}

// Unpack returns the submission of the packet that the form holds, if all that it says
// is true.
func (w *JSONPacket) Unpack() (*message.Submit, error) {
	p, err := w.packet()
	return &message.Submit{Packet: p, AckedBelow: w.AckedBelow}, err
}

// PackDispatchJSON returns the JSON form.
func PackDispatchJSON(m *message.Dispatch) (JSONDispatch, error) {
	p, err := packPacketJSON(m.Packet, m.AckedBelow)
	return JSONDispatch{Packet: p, Attempt: m.Attempt}, err
}

// Unpack returns what the form says.
func (w *JSONDispatch) Unpack() (*message.Dispatch, error) {
	p, err := w.Packet.packet()
	return &message.Dispatch{Packet: p, Attempt: w.Attempt, AckedBelow: w.Packet.AckedBelow}, err
}

func packPacketJSON(p *message.Packet, lo uint64) (w JSONPacket, err error) {
	if p == nil {
		return w, invalid("packet is missing")
	}
	if err := checkID(p.ID); err != nil {
		return w, err
	}
	if p.Bytes < 0 || p.Bytes > MessageMax {
		return w, tooLarge("entries", p.Bytes, MessageMax)
	}
	w = JSONPacket{ID: p.ID.String(), AckedBelow: lo, CRC: fmt.Sprintf("%08x", p.Hash), Entries: make([]JSONEntry, len(p.Entries))}
	objects := 3 + len(p.Entries) // with those around the packet
	for i := range p.Entries {
		e := &p.Entries[i]
		if err := checkEntry(e); err != nil {
			return w, fmt.Errorf("packet %s: entry %d: %w", p.ID, i, err)
		}
		to := &w.Entries[i]
		*to = JSONEntry{Time: e.Time, Severity: uint8(e.Severity), Source: e.Source, Body: e.Text}
		for _, a := range e.Attrs {
			to.Attrs = append(to.Attrs, JSONAttribute(a))
		}
		objects += len(e.Attrs)
	}
	if objects > jsonObjects {
		return w, fmt.Errorf("packet %s: %w", p.ID, tooLarge("number of its objects", objects, jsonObjects))
	}
	return w, nil
}

func (w *JSONPacket) packet() (*message.Packet, error) {
	id, err := parseID(w.ID)
	if err != nil {
		return nil, err
	}
	if w.Entries == nil {
		return nil, fmt.Errorf("packet %s: %w", id, invalid("entries are missing"))
	}
	var entries []message.Entry
	if len(w.Entries) > 0 {
		entries = make([]message.Entry, len(w.Entries))
	}
	for i := range w.Entries {
		from := &w.Entries[i]
		entries[i] = message.Entry{Time: from.Time, Severity: message.Severity(from.Severity), Source: from.Source, Text: from.Body}
		for _, a := range from.Attrs {
			entries[i].Attrs = append(entries[i].Attrs, message.Attribute(a))
		}
		if err := checkEntry(&entries[i]); err != nil {
			return nil, fmt.Errorf("packet %s: entry %d: %w", id, i, err)
		}
	}
	p := message.NewPacket(id, entries)
	if p.Bytes > MessageMax {
		return nil, fmt.Errorf("packet %s: %w", id, tooLarge("entries", p.Bytes, MessageMax))
	}
	return p, w.verify(p)
}

// verify compares the hash of a packet with the one that came with it, if one did.
func (w *JSONPacket) verify(p *message.Packet) error {
	if w.CRC == "" {
		return nil
	}
	if crc, err := strconv.ParseUint(w.CRC, 16, 32); err != nil || fmt.Sprintf("%08x", crc) != w.CRC {
		return fmt.Errorf("packet %s: %w", p.ID, invalid("entries_crc32c %s is not eight of 0-9 a-f", quote(w.CRC)))
	} else if uint32(crc) != p.Hash {
		return fmt.Errorf("packet %s: %w: entries_crc32c %s, computed %08x", p.ID, message.ErrHash, w.CRC, p.Hash)
	}
	return nil
}

// parseID reads an id in the one form that is its own.
func parseID(s string) (message.ID, error) {
	id, err := message.ParseID(s)
	if err != nil || id.String() != s {
		return message.ID{}, invalid("id %s is not source/incarnation/sequence, with 1 to 64 of A-Z a-z 0-9 . _ -, an integer from 0 to 2^32-1 and one from 1 to 2^64-1", quote(s))
	}
	return id, nil
}

// PackResultJSON returns the JSON form.
func PackResultJSON(m *message.Result) (JSONResult, error) {
	err := checkID(m.ID)
	if err == nil {
		err = checkResult(m)
	}
	if err != nil {
		return JSONResult{}, fmt.Errorf("result: %w", err)
	}
	return JSONResult{ID: m.ID.String(), Outcome: m.Out.String(), Why: m.Why, Definite: m.Definite, WaitNano: uint64(m.Wait)}, nil
}

// Unpack returns what the form says.
func (w *JSONResult) Unpack() (*message.Result, error) {
	id, err := parseID(w.ID)
	m := &message.Result{ID: id, Why: w.Why, Definite: w.Definite}
	if err == nil && w.WaitNano > uint64(waitMax) {
		err = invalid("wait_nano %d is more than %d", w.WaitNano, uint64(waitMax))
	}
	if err == nil {
		m.Wait = time.Duration(w.WaitNano)
		m.Out, err = named[message.Outcome]("outcome", w.Outcome, "committed", "poison", "gave_up", "refused", "spooled")
	}
	if err == nil {
		err = checkResult(m)
	}
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	return m, nil
}

// PackReceiptJSON returns the JSON form.
func PackReceiptJSON(m *message.Receipt) (JSONReceipt, error) {
	if err := checkReceipt(m); err != nil {
		return JSONReceipt{}, fmt.Errorf("receipt: %w", err)
	}
	return JSONReceipt{ID: m.ID.String(), Attempt: m.Attempt, Status: m.Status.String(), Why: m.Why}, nil
}

// Unpack returns what the form says.
func (w *JSONReceipt) Unpack() (*message.Receipt, error) {
	id, err := parseID(w.ID)
	m := &message.Receipt{ID: id, Attempt: w.Attempt, Why: w.Why}
	if err == nil {
		m.Status, err = named[message.Status]("status", w.Status, "committed", "duplicate", "poison", "busy", "unavailable")
	}
	if err == nil {
		err = checkReceipt(m)
	}
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return m, nil
}

func checkReceipt(m *message.Receipt) error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	if m.Status > message.StUnavailable {
		return invalid("status %d is not 0 to %d", uint8(m.Status), message.StUnavailable)
	}
	return checkText("why", m.Why, reasonMax)
}

// named is the number of a name.
func named[T ~uint8](field, name string, names ...string) (T, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, invalid("%s %s is none of %v", field, quote(name), names)
	}
	return T(i), nil
}

// PackControlOKJSON returns the JSON form.
func PackControlOKJSON(m *message.ControlOK) (JSONControlOK, error) {
	return JSONControlOK(*m), checkText("why", m.Why, refusalMax)
}

// Unpack returns what the form says.
func (w *JSONControlOK) Unpack() (*message.ControlOK, error) {
	m := message.ControlOK(*w)
	return &m, checkText("why", m.Why, refusalMax)
}
