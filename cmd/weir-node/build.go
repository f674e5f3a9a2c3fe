package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"weir/system/record"
)

// build says which program this is: the same in `version`, in the metric
// weir_build_info and in the header of the event log.
type build struct {
	Version  string `json:"version"`  // the module's, or its commit
	Modified bool   `json:"modified"` // built from files that no commit has
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Log      int    `json:"log_format"` // of FORMAT.md
}

func thisBuild() build {
	b := build{Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Log: record.Version}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			b.Modified = b.Modified || s.Key == "vcs.modified" && s.Value == "true"
		}
	}
	return b
}

// version is the module's version, or its commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}

// showVersion prints the build.
func showVersion(args []string, out, errw io.Writer) int {
	flags := newFlags("version", errw)
	output := flags.String("output", "text", "text or json")
	if flags.Parse(args) != nil {
		return exitUsage
	}
	b := thisBuild()
	switch {
	case flags.NArg() > 0:
		fmt.Fprintf(errw, "weir-node version: %q: only --output is expected\n", flags.Arg(0))
		return exitUsage
	case *output == "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if enc.Encode(b) != nil {
			return exitInternal
		}
		return exitOK
	case *output != "text":
		fmt.Fprintf(errw, "weir-node version: --output %q: want text or json\n", *output)
		return exitUsage
	}
	modified := ""
	if b.Modified {
		modified = " (modified)"
	}
	fmt.Fprintf(out, "weir-node %s%s %s %s/%s\n", b.Version, modified, b.Go, b.OS, b.Arch)
	return exitOK
}
