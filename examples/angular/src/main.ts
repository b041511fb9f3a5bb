import { bootstrapApplication } from '@angular/platform-browser';
import { App } from './app/app';
import { appConfig } from './app/app.config';
import { installation } from './app/config';

installation()
  .then((installation) => bootstrapApplication(App, appConfig(installation)))
  .catch((err) => console.error(err));
