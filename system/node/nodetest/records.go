package nodetest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Record is a log line, read back.
type Record struct {
	Kind  string
	Actor string
	Seq   uint64
	keys  map[string]json.RawMessage
}

// Str returns a string value; "" if the key is absent.
func (r Record) Str(key string) string {
	var s string
	r.get(key, &s)
	return s
}

// Int returns an integer value; 0 if the key is absent.
func (r Record) Int(key string) int64 {
	var v int64
	r.get(key, &v)
	return v
}

// Bool returns a truth value; false if the key is absent.
func (r Record) Bool(key string) bool {
	var v bool
	r.get(key, &v)
	return v
}

// Has reports whether the key is there.
func (r Record) Has(key string) bool { return r.keys[key] != nil }

func (r Record) get(key string, v any) {
	raw, ok := r.keys[key]
	if !ok {
		return
	}
	if err := json.Unmarshal(raw, v); err != nil {
		panic(fmt.Sprintf("nodetest: %s record, key %s: %v", r.Kind, key, err))
	}
}

// Records returns the records of the given kinds, or all if none is given, of all
// incarnations in the order they were written.
func (n *Node) Records(kinds ...string) []Record {
	var out []Record
	for _, line := range n.lines {
		r := Parse(line)
		if len(kinds) == 0 && r.Kind != "log" || contains(kinds, r.Kind) {
			out = append(out, r)
		}
	}
	return out
}

// Count returns how many records of a kind there are. It is quicker than Records.
func (n *Node) Count(kind string) (count int) {
	for _, line := range n.lines {
		if strings.HasPrefix(line, `{"k":"`+kind+`",`) {
			count++
		}
	}
	return count
}

// Last returns the newest record of a kind; its Kind is "" if there is none.
func (n *Node) Last(kind string) Record {
	all := n.Records(kind)
	if len(all) == 0 {
		return Record{}
	}
	return all[len(all)-1]
}

// Counter returns the value of the newest counter record of that name, -1 if
// there is none.
func (n *Node) Counter(name string) int64 {
	val := int64(-1)
	for _, r := range n.Records("counter") {
		if r.Str("name") == name {
			val = r.Int("val")
		}
	}
	return val
}

// Story returns the records, one short text each, "kind key=value ...", with the
// keys asked for, for comparing a whole run at a glance.
func (n *Node) Story(keys ...string) []string {
	var out []string
	for _, r := range n.Records() {
		b := &strings.Builder{}
		b.WriteString(r.Kind)
		for _, k := range keys {
			if r.Has(k) {
				fmt.Fprintf(b, " %s=%s", k, strings.Trim(string(r.keys[k]), `"`))
			}
		}
		out = append(out, b.String())
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
