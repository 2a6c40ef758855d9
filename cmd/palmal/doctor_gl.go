package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
)

// checkGL draws a small picture in a child process, which a broken driver may crash.
func (p *program) checkGL() check {
	if mujoco.Version() == "" {
		return check{"drawing", verdictOK, "needs no OpenGL without MuJoCo; draws " + analyticTasks(), ""}
	}
	by, err := p.drawInChild()
	if err != nil {
		return check{"drawing", verdictWarn, "palmal render cannot draw MuJoCo tasks: " + err.Error(),
			strings.TrimPrefix(physics.ErrNoGL.Error(), "no OpenGL to draw with: ")}
	}
	return check{"drawing", verdictOK, by, ""}
}

// drawInChild returns the name of the renderer.
func (p *program) drawInChild() (by string, err error) {
	const timeToDraw = time.Minute
	directory, err := os.MkdirTemp("", "palmal-doctor-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(p.stops.ctx, timeToDraw)
	defer cancel()
	child := exec.CommandContext(ctx, program, "render", "--task", "inverted_pendulum", "--zero", "--size", "32x24",
		"-o", filepath.Join(directory, "probe.png"), "--json")
	child.Args[0] = p.args[0]
	text, err := child.Output()
	var result struct {
		By    string `json:"drawn_by"`
		Error string `json:"error"`
	}
	if unread := json.Unmarshal(text, &result); unread != nil {
		return "", errors.Join(err, unread)
	}
	if result.Error != "" {
		return "", errors.New(result.Error)
	}
	return result.By, err
}
