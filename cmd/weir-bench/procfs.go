//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ticks are the kernel's units of CPU time per second, the same on all of Linux.
const ticks = 100

// stat is what /proc says of a process: its parent and its CPU time so far.
func stat(pid int) (parent int, cpu time.Duration, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // the name may hold anything
	if len(f) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(f))
	}
	var n [3]int
	for i, at := range []int{1, 11, 12} {
		var bad error
		if n[i], bad = strconv.Atoi(f[at]); bad != nil {
			err = errors.Join(err, fmt.Errorf("/proc/%d/stat: %w", pid, bad))
		}
	}
	return n[0], time.Duration(n[1]+n[2]) * (time.Second / ticks), err
}

// family is a process and its children.
func family(pid int) []int {
	all := []int{pid}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return all
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, _, err := stat(child); err == nil && parent == pid {
			all = append(all, child)
		}
	}
	return all
}

// cpuOf is the CPU time of some processes so far.
func cpuOf(pids []int) (sum time.Duration, err error) {
	for _, pid := range pids {
		_, cpu, bad := stat(pid)
		sum += cpu
		err = errors.Join(err, bad)
	}
	return sum, err
}

// memoryOf is the resident memory of some processes now, in MiB.
func memoryOf(pids []int) (mib float64, err error) {
	for _, pid := range pids {
		b, bad := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		f := strings.Fields(string(b))
		if bad != nil || len(f) < 2 {
			err = errors.Join(err, fmt.Errorf("/proc/%d/statm: %d fields: %w", pid, len(f), bad))
			continue
		}
		pages, bad := strconv.Atoi(f[1])
		err = errors.Join(err, bad)
		mib += float64(pages) * float64(os.Getpagesize()) / (1 << 20)
	}
	return mib, err
}

// metric reads a counter of a node.
func metric(admin, name string) (int, error) {
	client := &http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + admin + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(resp.Body, 8<<20))
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok && (rest[0] == ' ' || rest[0] == '{') {
			v, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
			return int(v), err
		}
	}
	return 0, fmt.Errorf("%s has no metric %s", admin, name)
}

// syncTime is the median time in ms that an append of 4 KiB takes to be durable in a
// folder; empty: the temporary one.
func syncTime(dir string) (ms float64, err error) {
	f, err := os.CreateTemp(dir, "weir-bench-sync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var all []time.Duration
	for range 21 {
		began := time.Now()
		_, err := f.Write(make([]byte, 4096))
		if err = errors.Join(err, f.Sync()); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all[len(all)/2].Seconds() * 1000, nil
}

// machine says on what the figures were measured.
func machine() string {
	first := func(file, key string) string {
		b, _ := os.ReadFile(file) // unknown if it cannot be read
		for line := range strings.Lines(string(b)) {
			if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == key {
				return strings.TrimSpace(value)
			}
		}
		return "unknown"
	}
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("%d cores of %s, memory %s, %s, load %.14s before the run", runtime.NumCPU(), first("/proc/cpuinfo", "model name"),
		first("/proc/meminfo", "MemTotal"), runtime.Version(), load)
}
