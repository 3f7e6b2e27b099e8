# `make` lists the targets / 直接输入 make 会列出所有目标
SHELL := bash
.DEFAULT_GOAL := help
BIN := .venv/bin

help:  ## this list / 本列表
	@echo "citynerve"
	@sed -nE 's/^([a-z]+):.*## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# The environment is built again whenever what it is made of has changed.
.venv/ready: requirements.lock requirements-uv.lock pyproject.toml bin/environment
	@bin/environment
	@touch $@

ROOMS := kernels events rules streams dispatch connectors citynerve

setup: .venv/ready  ## build .venv and compile the kernels / 建立环境并编译内核
	@$(BIN)/python -m compileall -q $(ROOMS)
	@$(BIN)/citynerve warm

run: setup  ## simulate a city, show and dispatch its alerts / 模拟一座城市,显示并派发告警
	@$(BIN)/citynerve run

test: setup  ## run all tests / 运行全部测试
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

bench: setup  ## print the benchmark table / 输出性能表
	@$(BIN)/python -m benchmarks.run

lint: .venv/ready  ## style, types and import contract / 检查风格、类型和导入约定
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: .venv/ready  ## format the code / 格式化代码
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: .venv/ready  ## write the pages that come from tables / 生成由代码中的表得出的文档
	$(BIN)/python -m rules.codes docs
	$(BIN)/python -m rules.reference docs
	$(BIN)/python -m rules.shipped docs

clean:  ## remove the environment and build leftovers / 删除环境和构建产物
	rm -rf .venv .uv .kafka build dist run .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: help setup run test bench lint format docs clean
