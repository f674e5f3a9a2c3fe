package http

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"

	"weir/system/wire"
)

// object is a mapping of the description.
type object = map[string]any

// api is the description, read.
type api struct {
	doc  object
	mu   sync.Mutex
	seen map[string]bool // "METHOD PATH STATUS"
}

func readAPI(t *testing.T) *api {
	t.Helper()
	a := &api{seen: map[string]bool{}}
	if err := yaml.UnmarshalWithOptions(openAPI, &a.doc, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return a
}

// at follows keys down from a node, and references.
func (a *api) at(n any, keys ...string) any {
	for _, k := range append(keys, "") {
		for {
			m, _ := n.(object)
			ref, ok := m["$ref"].(string)
			if !ok {
				break
			}
			n = a.at(a.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		if k != "" {
			m, _ := n.(object)
			n = m[k]
		}
	}
	return n
}

// holds checks a response, and the request if it was accepted, against the description.
func (a *api) holds(t *testing.T, x exchange, resp *http.Response, body string) {
	t.Helper()
	method, path, _ := strings.Cut(x.op, " ")
	path, _, _ = strings.Cut(path, "?")
	status := strconv.Itoa(resp.StatusCode)
	op := a.at(a.doc, "paths", path, strings.ToLower(method))
	described, ok := a.at(op, "responses", status).(object)
	if !ok {
		t.Errorf("%s answers %s, which is not described", x.op, status)
		return
	}
	a.mu.Lock()
	a.seen[method+" "+path+" "+status] = true
	a.mu.Unlock()
	_, retry := a.at(described, "headers").(object)
	if retry != (resp.Header.Get("Retry-After") != "") {
		t.Errorf("%s %s: Retry-After is %q, described %v", x.op, status, resp.Header.Get("Retry-After"), retry)
	}
	if path == pathOpenAPI {
		return
	}
	if err := a.fitsIn(described, resp.Header.Get("Content-Type"), body); err != nil {
		t.Errorf("%s %s: the response %s: %v", x.op, status, body, err)
	}
	if resp.StatusCode == 200 && x.body != "" {
		if err := a.fitsIn(a.at(op, "requestBody"), resp.Request.Header.Get("Content-Type"), x.body); err != nil {
			t.Errorf("%s: the request %s is accepted and not described: %v", x.op, x.body, err)
		}
	}
}

// fitsIn holds a body against what is described of it: a JSON text, or one on each line.
func (a *api) fitsIn(described any, kind, body string) error {
	schema := a.at(described, "content", kind, "schema")
	if kind != linesType {
		return a.fits(schema, body)
	}
	for line := range strings.Lines(body) {
		if err := a.fits(schema, line); err != nil {
			return err
		}
	}
	return nil
}

func (a *api) fits(schema any, text string) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return a.valid(schema, v)
}

// valid holds a value against a schema, as far as the description uses the language.
func (a *api) valid(schema, v any) error {
	s, ok := a.at(schema).(object)
	if !ok {
		return fmt.Errorf("no schema")
	}
	if any, ok := s["anyOf"].([]any); ok {
		var errs []error
		for _, one := range any {
			err := a.valid(one, v)
			if err == nil {
				return nil
			}
			errs = append(errs, err)
		}
		return fmt.Errorf("none of %v", errs)
	}
	switch v := v.(type) {
	case object:
		return a.validObject(s, v)
	case []any:
		for i, e := range v {
			if err := a.valid(s["items"], e); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return wantType(s, "array")
	case string:
		if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, any(v)) {
			return fmt.Errorf("%q is none of %v", v, enum)
		}
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			return fmt.Errorf("%q does not match %s", v, p)
		}
		return wantType(s, "string")
	case json.Number:
		return wantType(s, "integer")
	case bool:
		return wantType(s, "boolean")
	}
	return fmt.Errorf("%v has no type", v)
}

func (a *api) validObject(s object, v object) error {
	if len(s) == 1 && s["description"] != nil {
		return nil // a document: anything
	}
	props, _ := s["properties"].(object)
	for k, e := range v {
		if props[k] == nil {
			return fmt.Errorf("key %q is not described", k)
		}
		if err := a.valid(props[k], e); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	for _, k := range s["required"].([]any) {
		if _, ok := v[k.(string)]; !ok {
			return fmt.Errorf("key %q is missing", k)
		}
	}
	return wantType(s, "object")
}

func wantType(s object, is string) error {
	if s["type"] != is {
		return fmt.Errorf("it is %s, described as %v", is, s["type"])
	}
	return nil
}

// TestDescribedOperations holds that the description has every operation and no other,
// and that the exchanges of the tests meet every status that it names.
func TestDescribedOperations(t *testing.T) {
	a := readAPI(t)
	met := map[string]bool{ // by tests that need more than one exchange
		"GET /readyz 503": true, "POST /v1/probe 429": true, "POST /v1/control 429": true,
		"POST /v1/dispatches 503": true, // TestStopping
	}
	for _, op := range Operations() {
		met[op+" 401"], met[op+" 403"], met[op+" 429"] = true, true, true // TestGuarded
	}
	for _, x := range exchanges {
		op, _, _ := strings.Cut(x.op, "?")
		met[op+" "+strconv.Itoa(x.status)] = true
	}
	var described []string
	for path, methods := range a.doc["paths"].(object) {
		for method, op := range methods.(object) {
			name := strings.ToUpper(method) + " " + path
			described = append(described, name)
			for status := range a.at(op, "responses").(object) {
				if !met[name+" "+status] {
					t.Errorf("%s %s is described, and no test meets it", name, status)
				}
			}
		}
	}
	slices.Sort(described)
	is := Operations()
	slices.Sort(is)
	if !slices.Equal(described, is) {
		t.Errorf("described are %q, there are %q", described, is)
	}
}

// TestDescribedFields holds that each schema has the fields of the type that is read or
// written, of their types, and requires those that are always there.
func TestDescribedFields(t *testing.T) {
	a := readAPI(t)
	types := map[string]any{
		"Submission": submission{}, "Packet": wire.JSONPacket{}, "Entry": wire.JSONEntry{}, "Attribute": wire.JSONAttribute{},
		"Dispatch": wire.JSONDispatch{}, "Item": wire.JSONItem{}, "Outcome": wire.JSONOutcome{}, "Results": results{}, "Result": wire.JSONResult{}, "Receipt": wire.JSONReceipt{},
		"Probe": wire.JSONProbe{}, "ProbeResult": wire.JSONProbeOK{}, "ControlResult": wire.JSONControlOK{},
		"State": wire.JSONStateOK{}, "AnalyserState": wire.JSONAnalyserState{}, "WorkerState": wire.JSONWorkerState{},
		"Gossip": wire.JSONGossip{}, "GossipResult": wire.JSONGossipOK{},
		"Health": health{}, "Error": failure{},
	}
	schemas := a.at(a.doc, "components", "schemas").(object)
	for name := range schemas {
		if types[name] == nil {
			t.Errorf("schema %s has no type", name)
		}
	}
	for name, v := range types {
		schema, ok := schemas[name].(object)
		if !ok || schema["additionalProperties"] != false {
			t.Errorf("schema %s is missing or open", name)
			continue
		}
		props := schema["properties"].(object)
		typ := reflect.TypeOf(v)
		var required []any
		for i := range typ.NumField() {
			f := typ.Field(i)
			key, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			if rest != "omitempty" {
				required = append(required, key)
			}
			got, _ := a.at(props[key], "type").(string)
			if want := jsonTypeOf(f.Type.Kind()); got != want {
				t.Errorf("%s.%s is %q in the description, %s in Go", name, key, got, want)
			}
		}
		if len(props) != typ.NumField() {
			t.Errorf("schema %s has %d fields, the type %d", name, len(props), typ.NumField())
		}
		if is, _ := schema["required"].([]any); !slices.Equal(is, required) {
			t.Errorf("schema %s requires %v, the type %v", name, is, required)
		}
	}
}

func jsonTypeOf(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Pointer:
		return "object"
	}
	return "integer"
}
