package emitter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"weir/system/message"
	"weir/system/node"
)

// documentMax is the largest control document in bytes.
const documentMax = 64 << 10

// control answers a configuration document: {"op":"load","percent":300}.
func (e *emitter) control(env node.Env, ev *node.Event, m *message.Control) {
	percent, err := parseLoad(m.Doc)
	if err == nil && e.gen == nil {
		err = errors.New("this emitter reads inputs: its load is theirs")
	}
	ok := &message.ControlOK{OK: err == nil}
	if err != nil {
		ok.Why = err.Error()
	} else {
		e.version++
		e.gen.arrivals.load(env.Now(), percent)
	}
	ok.Version = e.version
	if ev.ReplyTo != (node.ReplyTo{}) {
		// A lost answer is asked for again, and the same load twice is the same.
		_, _ = env.Reply(ev.ReplyTo, ok)
	}
}

// parseLoad reads a load document strictly: no unknown or repeated field, nothing
// after it, an integer of 0 to percentMax.
func parseLoad(doc []byte) (percent int64, err error) {
	if len(doc) > documentMax {
		return 0, fmt.Errorf("document of %d bytes: at most %d", len(doc), documentMax)
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	fields, err := members(d)
	if err != nil {
		return 0, err
	}
	op, percent := "", int64(-1)
	for _, f := range fields {
		switch v := f.value.(type) {
		case string:
			if f.key != "op" {
				return 0, fmt.Errorf("field %.40q: unknown, or not a text", f.key)
			}
			op = v
		case json.Number:
			if f.key != "percent" {
				return 0, fmt.Errorf("field %.40q: unknown, or not a number", f.key)
			}
			if percent, err = v.Int64(); err != nil || percent < 0 || percent > percentMax {
				return 0, fmt.Errorf("percent %.40s: want an integer of 0 to %d", v, percentMax)
			}
		default:
			return 0, fmt.Errorf("field %.40q: neither text nor number", f.key)
		}
	}
	if op != "load" || percent < 0 {
		return 0, fmt.Errorf(`operation %.40q: want {"op":"load","percent":0..%d}`, op, percentMax)
	}
	return percent, nil
}

type member struct {
	key   string
	value json.Token
}

// members reads one flat JSON object and the end of the document after it.
func members(d *json.Decoder) ([]member, error) {
	open, err := d.Token()
	if err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var all []member
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("bad JSON: %w", err)
		}
		value, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("bad JSON: %w", err)
		}
		name, _ := key.(string) // the decoder yields no other kind of key
		for _, m := range all {
			if m.key == name {
				return nil, fmt.Errorf("field %.40q is given twice", name)
			}
		}
		if _, nested := value.(json.Delim); nested || len(all) >= 16 {
			return nil, fmt.Errorf("field %.40q: nested, or one too many", name)
		}
		all = append(all, member{name, value})
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("bad JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	return all, nil
}
