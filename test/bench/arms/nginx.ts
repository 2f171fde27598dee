import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../arm.js';
import { spawned, stopped } from './spawned.js';

const NGINX = '/usr/sbin/nginx';

/** N: nginx `proxy_pass`, one worker, from Debian's package, installed here when it is missing. */
export async function nginx(port: number, provider: { origin: string; credential: string }): Promise<Running> {
  install();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, provider));
  const url = `http://127.0.0.1:${port}/v1`;
  const child = await spawned(NGINX, ['-c', file, '-p', folder], `${url}/models`);
  return {
    arm: { name: 'N (nginx, one worker)', url, headers: {}, model: 'gpt-4', pid: child.pid },
    stop: async () => {
      await stopped(child);
      rmSync(folder, { recursive: true });
    },
  };
}

function install() {
  if (existsSync(NGINX)) return;
  console.log('nginx is missing: installing it by apt-get');
  execFileSync('apt-get', ['install', '-y', '-q', 'nginx-light'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function configuration(folder: string, port: number, { origin, credential }: { origin: string; credential: string }) {
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 32m;
  client_body_buffer_size 512k;
  keepalive_requests 1000000;
  upstream provider { server ${new URL(origin).host}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer ${credential}";
    }
  }
}
`;
}
