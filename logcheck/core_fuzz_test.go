package logcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// naiveLine reads a line by the words of FORMAT.md section 2 with encoding/json:
// slow, and written apart from the scanner. It returns keys in order and values,
// and an error for whatever the flat profile forbids.
func naiveLine(line []byte) ([]string, map[string]any, error) {
	if !utf8.Valid(line) {
		return nil, nil, fmt.Errorf("invalid UTF-8")
	}
	for _, c := range string(line) {
		if c < 0x20 || c >= 0x7f && c <= 0x9f || strings.ContainsRune("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", c) {
			return nil, nil, fmt.Errorf("raw control character")
		}
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, fmt.Errorf("no object: %v", err)
	}
	var keys []string
	values := map[string]any{}
	var canon bytes.Buffer
	canon.WriteByte('{')
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		key := k.(string)
		if _, twice := values[key]; twice || len(key) == 0 || len(key) > 16 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, nil, fmt.Errorf("key %q", key)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, nil, err
		}
		if values[key], err = naiveValue(raw); err != nil {
			return nil, nil, err
		}
		if len(keys) > 0 {
			canon.WriteByte(',')
		}
		fmt.Fprintf(&canon, "%q:%s", key, raw)
		keys = append(keys, key)
	}
	canon.WriteByte('}')
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	// Written again without white space between the tokens, the line is the same.
	if canon.String() != string(line) {
		return nil, nil, fmt.Errorf("white space, an escaped key or text after the object")
	}
	return keys, values, nil
}

func naiveValue(raw json.RawMessage) (any, error) {
	switch {
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case string(raw) == "true":
		return true, nil
	case string(raw) == "false":
		return false, nil
	case raw[0] == '-' && string(raw) != "-0":
		var v int64
		err := json.Unmarshal(raw, &v)
		return v, err
	}
	var v uint64
	if err := json.Unmarshal(raw, &v); err != nil || raw[0] == 'n' {
		return nil, fmt.Errorf("value %s", raw)
	}
	if v <= 1<<63-1 {
		return int64(v), nil
	}
	return v, nil
}

// naiveX reads a line of kind x_: the six common keys first, then any others.
func naiveX(line []byte) (map[string]any, error) {
	keys, values, err := naiveLine(line)
	if err != nil {
		return nil, err
	}
	if strings.Join(keys[:min(6, len(keys))], " ") != "k a s t m g" || len(keys) > 6+fieldsMax {
		return nil, fmt.Errorf("common keys")
	}
	kind, _ := values["k"].(string)
	actor, _ := values["a"].(string)
	if !strings.HasPrefix(kind, "x_") || len(kind) < 3 || !validName([]byte(kind)) || !validName([]byte(actor)) {
		return nil, fmt.Errorf("kind or actor")
	}
	for _, k := range []string{"s", "t", "m", "g"} {
		v, small := values[k].(int64)
		_, big := values[k].(uint64)
		if small && v < 0 || !small && (!big || k == "t" || k == "m") {
			return nil, fmt.Errorf("%s is %v", k, values[k])
		}
	}
	return values, nil
}

// FuzzScan holds the scanner to a reading with encoding/json: it accepts the same
// x_ lines, with the same values, and never panics.
func FuzzScan(f *testing.F) {
	const head = `{"k":"x_a","a":"main","s":1,"t":2,"m":3,"g":4`
	for _, tail := range []string{`}`, `,"b":"x"}`, `,"b":-1}`, `,"b":-0}`, `,"b":01}`, `,"b":1.0}`, `,"b":1e3}`, `,"b":null}`, `,"b":[]}`,
		`,"b":"\u00e9\ud83d\ude00\ud800\n\/"}`, `,"b":"é"}`, "\",\"b\":\"\u202e\"}", `,"b":"\x"}`, `,"b":1,"b":2}`, ` ,"b":1}`, `,"B":1}`,
		`,"b":18446744073709551615}`, `,"b":18446744073709551616}`, `,"b":-9223372036854775808}`, `,"b":-9223372036854775809}`,
		`,"b":true,"c":false}`, `,"b":tru}`, `,"t":2}`, `} `, `}{}`, `,}`, `,"id":"e1/1/1"}`, "," + `"b":"` + "\x7f" + `"}`} {
		f.Add([]byte(head + tail))
	}
	f.Add([]byte(`{"a":"main","k":"x_a","s":1,"t":2,"m":3,"g":4}`))
	f.Add([]byte(`{"k":"x_a","a":"main","s":1,"t":9223372036854775808,"m":3,"g":4}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r := &Record{names: NewNames()}
		_, msg := scanLine(r, line, false)
		if msg == "" && r.Kind != KindX {
			return // other kinds are held to a schema besides
		}
		want, err := naiveX(line)
		if (err == nil) != (msg == "") {
			t.Fatalf("%q: scanner says %q, encoding/json says %v", line, msg, err)
		}
		if err != nil {
			return
		}
		for k, v := range want { //weir:anyorder each is compared alone
			if got := r.Lookup(k); got != v {
				t.Fatalf("%q: %s is %v (%T), want %v (%T)", line, k, got, got, v, v)
			}
		}
	})
}

// FuzzCheck gives the engine any two files: it must not panic, must give the same
// verdict again, and must never pass what is no log.
func FuzzCheck(f *testing.F) {
	list, err := filepath.Glob("testdata/core/*.txtar")
	if err != nil || len(list) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range list {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range txtar.Parse(b).Files {
			src, _, _ := parseCase(f, string(c.Data))
			all := map[string][]byte{}
			for _, m := range src {
				all[m.Name] = m.Data
			}
			f.Add(all["logs/a1.1.jsonl"], all["logs/d1.1.jsonl"], all["logs/e1.1.jsonl"], all[faultsName])
		}
	}
	f.Add([]byte("garbage"), []byte("\n\n"), []byte{}, []byte("{}"))
	run := caseRun()
	f.Fuzz(func(t *testing.T, a, d, e, faults []byte) {
		src := Mem{{"logs/a1.1.jsonl", a}, {"logs/d1.1.jsonl", d}, {"logs/e1.1.jsonl", e}, {faultsName, faults}}
		v, err := Check(src, &run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Check(src, &run, Options{})
		if err != nil || jsonOf(t, v) != jsonOf(t, again) {
			t.Fatalf("two verdicts: %v", err)
		}
		for _, m := range src {
			if v.Status == Pass && !bytes.HasPrefix(m.Data, []byte(`{"k":"log",`)) {
				t.Fatalf("passed with %s = %q", m.Name, m.Data)
			}
		}
		var text bytes.Buffer
		if err := v.WriteText(&text); err != nil || Sanitise(strings.ReplaceAll(text.String(), "\n", "")) != strings.ReplaceAll(text.String(), "\n", "") {
			t.Fatalf("the text is not safe to print: %q", text.String())
		}
	})
}
