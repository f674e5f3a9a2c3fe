package distributor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"weir/system/node"
	"weir/system/route"
)

// docMost is the size in bytes of the largest control document that is read.
const docMost = 64 << 10

// control is a control document: one change of the table.
//
//	{"op":"weight","id":"a1","weight":5,"if_version":3}
//	{"op":"add","id":"a4","weight":2}
//	{"op":"remove","id":"a4"}   {"op":"drain","id":"a1"}   {"op":"undrain","id":"a1"}
//
// if_version is optional: the change is refused if another version is in force.
type control struct {
	op, id    string
	weight    uint32
	ifVersion uint64
	has       [fields]bool
}

// The fields of a document.
const (
	fieldOp = iota
	fieldID
	fieldWeight
	fieldIfVersion
	fields
)

var fieldNames = [fields]string{"op", "id", "weight", "if_version"}

// parseControl reads a document strictly: one flat JSON object in valid UTF-8,
// no unknown, missing or repeated key (case counts), no value of another type or
// out of range, nothing after it.
func parseControl(doc []byte) (control, error) {
	var c control
	switch {
	case len(doc) > docMost:
		return c, fmt.Errorf("document of %d bytes, at most %d are read", len(doc), docMost)
	case !utf8.Valid(doc):
		return c, errors.New("document is not valid UTF-8")
	case !json.Valid(doc): // this covers what follows the object, too
		return c, errors.New("document is not valid JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return c, errors.New("document is not a JSON object")
	}
	for dec.More() {
		if err := c.field(dec); err != nil {
			return c, err
		}
	}
	return c, c.check()
}

// field reads one key and its value.
func (c *control) field(dec *json.Decoder) error {
	key, err := token[string](dec, "key")
	if err != nil {
		return err
	}
	field := slices.Index(fieldNames[:], key)
	if field < 0 {
		return fmt.Errorf("unknown key %s", quote(key))
	}
	if c.has[field] {
		return fmt.Errorf("key %q is given twice", key)
	}
	c.has[field] = true
	switch field {
	case fieldOp:
		c.op, err = token[string](dec, key)
	case fieldID:
		c.id, err = token[string](dec, key)
	case fieldWeight:
		var n uint64
		n, err = integer(dec, key, route.WeightMax)
		c.weight = uint32(n)
	case fieldIfVersion:
		c.ifVersion, err = integer(dec, key, 1<<63)
	}
	return err
}

// token reads a value of that type.
func token[T string | json.Number](dec *json.Decoder, key string) (T, error) {
	tok, err := dec.Token()
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	v, ok := tok.(T)
	if !ok {
		var want any = v
		if _, text := want.(string); text {
			return "", fmt.Errorf("%s is not a string", key)
		}
		return "", fmt.Errorf("%s is not a number", key)
	}
	return v, nil
}

// integer reads an integer in 0..most, written without fraction and exponent.
func integer(dec *json.Decoder, key string, most uint64) (uint64, error) {
	v, err := token[json.Number](dec, key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil || n > most {
		return 0, fmt.Errorf("%s %s is not an integer in 0..%d", key, quote(string(v)), most)
	}
	return n, nil
}

// quote shows what somebody else wrote, briefly and harmlessly.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

// check reports what the operation lacks or must not have.
func (c *control) check() error {
	weight := false
	switch c.op {
	case "weight", "add":
		weight = true
	case "remove", "drain", "undrain":
	default:
		return fmt.Errorf("op %s is none of weight, add, remove, drain, undrain", quote(c.op))
	}
	if !node.ValidName(c.id) {
		return fmt.Errorf("id %s is not 1..64 of A-Z a-z 0-9 . _ -", quote(c.id))
	}
	if weight != c.has[fieldWeight] {
		if weight {
			return fmt.Errorf("op %s needs a weight", c.op)
		}
		return fmt.Errorf("op %s takes no weight", c.op)
	}
	return nil
}

// with returns the next version of the table, changed as the document says; the
// error says why it does not apply.
func (t *table) with(c control, packetMax int) (*table, error) {
	if c.has[fieldIfVersion] && c.ifVersion != t.version {
		return nil, fmt.Errorf("version %d is in force, not %d", t.version, c.ifVersion)
	}
	i, found := t.find(c.id)
	if found == (c.op == "add") {
		if found {
			return nil, fmt.Errorf("analyser %q is registered already", c.id)
		}
		return nil, fmt.Errorf("analyser %q is not registered", c.id)
	}
	next := &table{version: t.version + 1, members: slices.Clone(t.members)}
	switch c.op {
	case "weight":
		next.members[i].weight = c.weight
	case "add":
		next.members = slices.Insert(next.members, i, member{id: c.id, weight: c.weight})
		if err := checkCapacity(packetMax, len(next.members)); err != nil {
			return nil, err
		}
	case "remove":
		next.members = slices.Delete(next.members, i, i+1)
	case "drain":
		next.members[i].drain = true
	case "undrain":
		next.members[i].drain = false
	default:
		assert(false, "operation %q was not checked", c.op)
	}
	return next, nil
}
