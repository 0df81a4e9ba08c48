"""The engines in folders of their own, as `make run` and the suite start them."""

from __future__ import annotations

import psycopg
import pytest
import redis

from config.embedded import engines, postgres, redis_server


@pytest.fixture
def postgres_folder(tmp_path):
    tmp_path.chmod(0o755)
    yield tmp_path / "postgres"
    postgres.stop(tmp_path / "postgres")


@pytest.fixture
def redis_folder(tmp_path):
    yield tmp_path / "redis"
    redis_server.stop(tmp_path / "redis")


class TestPostgres:
    def test_starts_once_and_keeps_what_it_was_given(self, postgres_folder):
        address = engines.start_postgres(postgres_folder, durable=False)
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept (word text)")
        assert engines.start_postgres(postgres_folder) == address
        engines.stop_postgres(postgres_folder)
        assert not postgres.is_running(postgres_folder)
        with psycopg.connect(engines.start_postgres(postgres_folder, durable=False)) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)

    def test_listens_to_nobody_but_this_machine(self, postgres_folder):
        with psycopg.connect(engines.start_postgres(postgres_folder, durable=False)) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert postgres_folder.stat().st_mode & 0o777 == 0o700

    def test_is_not_mistaken_for_another_process_with_its_number(self, postgres_folder, request):
        postgres_folder.mkdir()
        stranger = "1\n/elsewhere\n0\n5432\n/tmp\n\n\nready\n"
        (postgres_folder / "postmaster.pid").write_text(stranger)
        assert not postgres.is_running(postgres_folder)
        postgres.stop(postgres_folder)

    def test_refuses_data_of_a_version_that_is_not_here(self, postgres_folder):
        postgres_folder.mkdir()
        (postgres_folder / "PG_VERSION").write_text("9\n")
        with pytest.raises(engines.EngineMissing, match="The data are of PostgreSQL 9"):
            postgres.prepare(postgres_folder)

    def test_fits_a_socket_to_a_folder_that_is_too_deep_for_one(self, tmp_path):
        folder = tmp_path / ("deep" * 30)
        folder.mkdir()
        socket_folder = postgres._socket_folder(folder)
        try:
            assert len(str(socket_folder)) < 100
            assert socket_folder.stat().st_mode & 0o777 == 0o700
            assert postgres._socket_folder(folder) == socket_folder
        finally:
            socket_folder.rmdir()


class TestRedis:
    def test_starts_once_behind_a_password(self, redis_folder):
        address = engines.start_redis(redis_folder)
        assert engines.start_redis(redis_folder) == address
        with redis.Redis.from_url(address) as known:
            assert known.ping()
            port = known.connection_pool.connection_kwargs["port"]
        with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()

    def test_keeps_its_password_to_us(self, redis_folder):
        engines.start_redis(redis_folder)
        assert {(redis_folder / name).stat().st_mode & 0o777 for name in ("address", "redis.conf")} == {0o600}

    def test_stops(self, redis_folder):
        engines.start_redis(redis_folder)
        engines.stop_redis(redis_folder)
        assert not redis_server.is_running(redis_folder)
