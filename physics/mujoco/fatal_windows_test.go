package mujoco

import "errors"

func defaultSymbol(string) (uintptr, error) { return 0, errors.ErrUnsupported }
