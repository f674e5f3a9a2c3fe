package lines_test

import (
	"fmt"
	"time"

	"weir/system/emitter/lines"
)

// A stream of bytes becomes messages; what a line does not show stays unknown.
func Example() {
	stream := []byte("2024-05-06T07:08:09Z WARN disk nearly full\r\nno stamp, no level\nlast line without an end")
	cfg := lines.Config{}.WithDefaults()
	split := lines.Splitter{Max: cfg.LineMax}
	for {
		piece, used := split.Next(stream, true)
		if used == 0 {
			break
		}
		stream = stream[used:]
		entry, _ := cfg.Entry(piece, "app.log")
		stamp := "-"
		if entry.Time != 0 {
			stamp = time.Unix(0, entry.Time).UTC().Format(time.RFC3339)
		}
		fmt.Printf("%s %s %q\n", stamp, entry.Severity, entry.Text)
	}
	// Output:
	// 2024-05-06T07:08:09Z warn "2024-05-06T07:08:09Z WARN disk nearly full"
	// - unknown "no stamp, no level"
	// - unknown "last line without an end"
}
