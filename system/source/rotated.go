package source

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// rotated is a file that rotation left beside the one that is followed.
type rotated struct {
	path    string
	info    fs.FileInfo
	numbers []uint64 // in what its name has more than that of the file
}

// rotatedOf lists the rotated files of a path, oldest first: NAME.1, NAME-20260101,
// NAME.old and, for NAME = STEM.EXT, STEM-2026-01-01.EXT. What is compressed is no
// longer a log, and what has another word in its name may be anybody's.
func rotatedOf(path string) ([]rotated, error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return nil, err
	}
	var all []rotated
	for _, e := range entries {
		numbers, ok := rotatedName(base, e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil { // else it is gone already
			all = append(all, rotated{dir + e.Name(), info, numbers})
		}
	}
	sortRotated(all)
	return all, nil
}

// rotatedName returns the numbers in a rotated file's name.
func rotatedName(base, name string) (numbers []uint64, ok bool) {
	if rest, ok := strings.CutPrefix(name, base); ok {
		if rest == ".old" {
			return []uint64{1}, true
		}
		return numbersIn(rest)
	}
	ext := filepath.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	rest, ok1 := strings.CutPrefix(name, stem)
	rest, ok2 := strings.CutSuffix(rest, ext)
	if !ok1 || !ok2 || ext == "" || stem == "" {
		return nil, false
	}
	return numbersIn(rest)
}

// numbersIn reads a separator and then numbers with separators between them; T and Z
// are parts of dates.
func numbersIn(s string) (numbers []uint64, ok bool) {
	if s == "" || !strings.ContainsRune(".-_", rune(s[0])) {
		return nil, false
	}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".-_:+TZ", r) }) {
		if !unicode.IsDigit(rune(word[0])) {
			return nil, false
		}
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, len(numbers) > 0
}

// counted reports whether a name counts rotations, so that a low number is a new file;
// else it has a date.
func (r *rotated) counted() bool { return len(r.numbers) == 1 && r.numbers[0] < 100_000 }

// sortRotated sorts oldest first: by name, or by the last change where names are of
// both kinds.
func sortRotated(all []rotated) {
	counted := 0
	for i := range all {
		if all[i].counted() {
			counted++
		}
	}
	slices.SortStableFunc(all, func(a, b rotated) int {
		switch counted {
		case len(all):
			return cmp.Compare(b.numbers[0], a.numbers[0])
		case 0:
			return slices.Compare(a.numbers, b.numbers)
		}
		return a.info.ModTime().Compare(b.info.ModTime())
	})
}
