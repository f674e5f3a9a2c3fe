package distributor

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"weir/system/route"
)

// member is one registered analyser of a table.
type member struct {
	id     string
	weight uint32
	drain  bool
}

func (m member) status() route.Status {
	if m.drain {
		return route.Drain
	}
	return route.Up
}

// table is a version of the configuration that can change at run time: the
// analysers in ascending order of ids. It never changes; see with.
type table struct {
	version uint64
	members []member
}

// bootVersion is the version of a table that comes from the boot configuration.
const bootVersion = 1

// bootTable returns the table of a valid boot configuration, in which some may be drained.
func bootTable(list []Analyser, drained ...string) *table {
	t := &table{version: bootVersion}
	for _, a := range list {
		t.members = append(t.members, member{id: a.ID, weight: a.Weight, drain: slices.Contains(drained, a.ID)})
	}
	slices.SortFunc(t.members, func(a, b member) int { return strings.Compare(a.id, b.id) })
	return t
}

// find returns the index of an id, or where it would stand.
func (t *table) find(id string) (index int, ok bool) {
	return slices.BinarySearchFunc(t.members, id, func(m member, id string) int { return strings.Compare(m.id, id) })
}

// text returns the whole table in the grammar of the log's view record.
func (t *table) text() string {
	var b strings.Builder
	for i, m := range t.members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(m.id + "=" + strconv.FormatUint(uint64(m.weight), 10) + ":" + m.status().String())
	}
	return b.String()
}

// tableHead begins the file that a table is kept in.
const tableHead = "weir-table 1 "

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the form in which a table is kept on disk: one line with the
// version, the text and a CRC-32C of what precedes it.
func (t *table) encode() []byte {
	line := tableHead + strconv.FormatUint(t.version, 10) + " " + t.text() + " "
	return fmt.Appendf([]byte(line), "%08x\n", crc32.Checksum([]byte(line), castagnoli))
}

// decodeTable reads what encode wrote. The error says what is wrong with it.
func decodeTable(data []byte, packetMax int) (*table, error) {
	if len(data) < 10 || data[len(data)-1] != '\n' {
		return nil, fmt.Errorf("table of %d bytes has no end", len(data))
	}
	body, sum := data[:len(data)-9], string(data[len(data)-9:len(data)-1])
	if want := fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)); sum != want {
		return nil, fmt.Errorf("checksum is %q, computed %q", sum, want)
	}
	rest, ok := strings.CutPrefix(string(body), tableHead)
	number, rest, ok2 := strings.Cut(rest, " ")
	set, rest, ok3 := strings.Cut(rest, " ")
	if !ok || !ok2 || !ok3 || rest != "" {
		return nil, errors.New("not a table of a known form")
	}
	version, err := strconv.ParseUint(number, 10, 64)
	if err != nil || version < bootVersion {
		return nil, fmt.Errorf("version %q is not a positive integer", number)
	}
	return parseTable(version, set, packetMax)
}

func parseTable(version uint64, set string, packetMax int) (*table, error) {
	c, err := route.ParseDiff(set)
	if err != nil {
		return nil, err
	}
	if len(c.Remove) > 0 {
		return nil, errors.New("a whole table removes nothing")
	}
	if err := checkCapacity(packetMax, len(c.Set)); err != nil {
		return nil, err
	}
	if _, err := route.NewViewAt(1, version, c.Set); err != nil { // ranges and duplicates
		return nil, err
	}
	t := &table{version: version}
	for _, e := range c.Set {
		if e.Status != route.Up && e.Status != route.Drain {
			return nil, fmt.Errorf("analyser %q: status %s is not one of a configuration", e.ID, e.Status)
		}
		t.members = append(t.members, member{id: e.ID, weight: e.Weight, drain: e.Status == route.Drain})
	}
	slices.SortFunc(t.members, func(a, b member) int { return strings.Compare(a.id, b.id) })
	return t, nil
}
