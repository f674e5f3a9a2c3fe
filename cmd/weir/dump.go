package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of a dump: it is for reading, a debugger shows the rest.
const (
	dumpDepth = 4
	dumpItems = 8
	dumpLines = 200
	dumpText  = 60
)

// dump writes a value's fields by name, unexported ones too, a line each: no addresses,
// maps in the order of their keys, so that it is the same every time. What belongs to the
// simulation and not to the system, and an actor's configuration, which weir scenario show
// tells, is left out.
func dump(v any) string {
	d := &dumper{}
	d.value("", reflect.ValueOf(v), 0)
	if len(d.lines) > dumpLines {
		d.lines = append(d.lines[:dumpLines], "  ...")
	}
	return strings.Join(d.lines, "\n") + "\n"
}

type dumper struct{ lines []string }

func (d *dumper) add(depth int, name, text string) {
	if name != "" {
		text = name + ": " + text
	}
	d.lines = append(d.lines, strings.Repeat("  ", depth+1)+clean(text))
}

var durationType = reflect.TypeFor[time.Duration]()

// value writes one value; zero ones only at the top.
func (d *dumper) value(name string, v reflect.Value, depth int) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if !v.IsValid() || v.IsZero() && depth > 0 || foreign(v.Type()) || len(d.lines) > dumpLines {
		return
	}
	if text, plain := scalar(v); plain {
		d.add(depth, name, text)
		return
	}
	if depth >= dumpDepth {
		d.add(depth, name, "...")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.add(depth, name, v.Type().Name())
		for i := range v.NumField() {
			d.value(v.Type().Field(i).Name, v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		d.add(depth, name, strconv.Itoa(v.Len())+" items")
		for i := range min(v.Len(), dumpItems) {
			d.value(strconv.Itoa(i), v.Index(i), depth+1)
		}
	case reflect.Map:
		d.entries(name, v, depth)
	}
}

// entries writes a map by the text of its keys.
func (d *dumper) entries(name string, v reflect.Value, depth int) {
	d.add(depth, name, strconv.Itoa(v.Len())+" entries")
	type entry struct {
		key   string
		value reflect.Value
	}
	var all []entry
	for it := v.MapRange(); it.Next(); {
		all = append(all, entry{keyText(it.Key()), it.Value()})
	}
	slices.SortFunc(all, func(a, b entry) int {
		if len(a.key) != len(b.key) { // numbers in their order
			return len(a.key) - len(b.key)
		}
		return strings.Compare(a.key, b.key)
	})
	for _, e := range all[:min(len(all), dumpItems)] {
		d.value(e.key, e.value, depth+1)
	}
}

// keyText is a map's key: a plain value, or a struct of such.
func keyText(k reflect.Value) string {
	if text, plain := scalar(k); plain || k.Kind() != reflect.Struct {
		return text
	}
	var parts []string
	for i := range k.NumField() {
		parts = append(parts, keyText(k.Field(i)))
	}
	return strings.Join(parts, "/")
}

// foreign reports a type that is no part of an actor's own state.
func foreign(t reflect.Type) bool {
	for _, pkg := range []string{"weir/sim", "weir/scenarios", "math/rand/v2", "weir/system/record"} {
		if t.PkgPath() == pkg {
			return true
		}
	}
	return t.Name() == "Config" || t.Kind() == reflect.Func || t.Kind() == reflect.Chan || t.Kind() == reflect.UnsafePointer
}

// scalar is the text of a value that has no parts.
func scalar(v reflect.Value) (text string, plain bool) {
	switch {
	case v.Type() == durationType:
		return time.Duration(v.Int()).String(), true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), true
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case v.Kind() == reflect.String:
		return short(v.String()), true
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return fmt.Sprintf("%d bytes %s", v.Len(), short(string(v.Bytes()))), true
	}
	return "", false
}

func short(s string) string {
	if len(s) > dumpText {
		s = s[:dumpText] + "..."
	}
	return strconv.Quote(s)
}
