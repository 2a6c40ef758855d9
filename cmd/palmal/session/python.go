package session

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/episodes"
)

// Kinds of sources that only Python can read.
const (
	minari = "minari"
	d4rl   = "d4rl"
)

// converter is the Python program that reads formats of Python.
//
//go:embed data.py
var converter string

// readByPython reads episodes that only Python can read, by way of an npz file in a folder of its own.
func readByPython(ctx context.Context, python, kind, name string) (_ []episodes.Episode, err error) {
	if python == "" {
		python = "python3"
	}
	folder, err := os.MkdirTemp("", "palmal-data-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	out := filepath.Join(folder, "episodes.npz")
	command := exec.CommandContext(ctx, python, "-c", converter, kind, name, out)
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		text := strings.TrimSpace(said.String())
		if text == "" {
			text = err.Error()
		}
		return nil, usage.Mistakef("%s:%s: %s", kind, name, text)
	}
	all, err := episodes.Read(out)
	if err != nil {
		return nil, usage.Mistakef("%s:%s: %s", kind, name, fmt.Sprint(strings.TrimPrefix(err.Error(), out+": ")))
	}
	return all, nil
}
