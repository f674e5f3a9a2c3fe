package digest

import (
	"cmp"
	"slices"
	"strings"
)

// Line is a template with its counts.
type Line struct {
	Template string
	Counts
}

// refineLeast is how many templates that differ in one word only are taken for one.
const refineLeast = 4

// constantLeast is how many words without a mask templates must have in common for
// that.
const constantLeast = 2

// refineRounds bounds how many words of one template can become variable.
const refineRounds = 8

// Refine finds the variable words that have no form of their own, such as the names of
// users: where four or more templates of equally many words are the same but for the
// word at one place, they become one with <*> there. Larger groups go first, ties by
// text, until nothing changes (at most 8 times): the result is a function of the set of
// lines. It is sorted by messages, the most first, then by text. The idea is that of
// Drain (leaves of equally many words that are alike) and of IPLoM (Makanju and others,
// 2009: split by length, then by the place with the fewest words), without the order in
// which messages came.
func Refine(lines []Line) []Line {
	all := make([]words, len(lines))
	for i, l := range lines {
		all[i] = words{strings.Split(l.Template, " "), l.Counts}
	}
	for range refineRounds {
		var changed bool
		if all, changed = refine(all); !changed {
			break
		}
	}
	out := make([]Line, len(all))
	for i := range all {
		out[i] = Line{all[i].text(), all[i].Counts}
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Messages(), a.Messages()), cmp.Compare(a.Template, b.Template))
	})
	return out
}

// words is a template in words.
type words struct {
	list []string
	Counts
}

func (w *words) text() string { return strings.Join(w.list, " ") }

// variant is a template without the word at one place.
type variant struct {
	key   string
	place int
	index int // of the template
}

// refine goes once over all groups.
func refine(all []words) ([]words, bool) {
	var groups [][]variant
	list := variants(all)
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].key == list[0].key {
			n++
		}
		if n >= refineLeast {
			groups = append(groups, list[:n])
		}
		list = list[n:]
	}
	slices.SortFunc(groups, func(a, b []variant) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0].key, b[0].key))
	})
	gone := make([]bool, len(all))
	changed := false
	for _, g := range groups {
		g = slices.DeleteFunc(g, func(v variant) bool { return gone[v.index] })
		if len(g) < refineLeast {
			continue
		}
		join(all, g)
		for _, v := range g[1:] {
			gone[v.index] = true
		}
		gone[g[0].index] = true // once a round
		changed = true
		all = append(all, all[g[0].index])
		gone = append(gone, false)
	}
	var left []words
	for i := range all {
		if !gone[i] {
			left = append(left, all[i])
		}
	}
	return left, changed
}

// variants returns each template without each of its words in turn, sorted.
func variants(all []words) []variant {
	var list []variant
	for i := range all {
		constant := 0
		for _, w := range all[i].list {
			if !masked(w) {
				constant++
			}
		}
		for p, w := range all[i].list {
			if left := constant - int(flag(!masked(w))); left < constantLeast {
				continue
			}
			key := strings.Join(all[i].list[:p], " ") + "\x00" + strings.Join(all[i].list[p+1:], " ")
			list = append(list, variant{key, p, i})
		}
	}
	slices.SortFunc(list, func(a, b variant) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(all[a.index].list[a.place], all[b.index].list[b.place]))
	})
	return list
}

// masked reports whether a word has a mask in it.
func masked(w string) bool { return strings.Contains(w, "<") && strings.Contains(w, ">") }

// join makes the first of a group what all of them are together.
func join(all []words, g []variant) {
	to := &all[g[0].index]
	p := g[0].place
	word := to.list[p]
	shared := strings.IndexByte(word, '=') + 1 // key=value keeps its key
	for _, v := range g[1:] {
		o := &all[v.index]
		to.Counts.add(&o.Counts)
		if !strings.HasPrefix(o.list[p], word[:shared]) {
			shared = 0
		}
	}
	to.list = slices.Clone(to.list)
	to.list[p] = word[:shared] + maskAny
}
